-- Several applications may share a database, and each can invalidate its own cache only.
alter table freshet.left_behind add column application text;

comment on column freshet.left_behind.application is 'whose; null where a worker of an earlier version did not say, which is everybody''s';

-- Members of boards whose scores changed where a row was before a change and is no longer.
alter table freshet.left_behind add column scores text[] not null default '{}';

comment on column freshet.left_behind.scores is 'JSON: the board, its parameters, the member';

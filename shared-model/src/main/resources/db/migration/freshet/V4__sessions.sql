-- Sessions of users, kept by serve for the application.
create table freshet.sessions (
  application text not null,
  digest bytea not null,
  owner text not null default '',
  data bytea not null,
  created timestamptz not null,
  expires timestamptz not null,
  ends timestamptz not null,
  primary key (application, digest)
);

create index sessions_owner on freshet.sessions (application, owner, created) where owner <> '';
create index sessions_expires on freshet.sessions (application, expires);

comment on table freshet.sessions is 'sessions of users; who reads it cannot act as any of them';
comment on column freshet.sessions.digest is 'SHA-256 of the id in the session''s token';
comment on column freshet.sessions.owner is 'whose it is, as the application names them; empty for nobody''s';
comment on column freshet.sessions.expires is 'when it ends unless it is extended';
comment on column freshet.sessions.ends is 'when it ends however often it is extended';

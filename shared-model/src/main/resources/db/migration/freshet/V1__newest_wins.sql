-- Newest wins: the greatest version applied so far of everything that events are about, and the one before it. A deleted
-- row keeps its line, so that an old event does not bring it back.
create table freshet.versions (
  identity text primary key,
  version bigint not null,
  previous bigint,
  updated_at timestamptz not null default now()
);

comment on table freshet.versions is 'newest applied version by application/identity';

-- Tags and paths that led to a row before a change and no longer do, until they are invalidated.
create table freshet.left_behind (
  id bigint generated always as identity primary key,
  tags text[] not null,
  paths text[] not null,
  at timestamptz not null default now()
);

comment on table freshet.left_behind is 'what committed changes still have to invalidate';

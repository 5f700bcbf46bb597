-- Newest wins: the greatest version applied so far of everything that events are about. A deleted row keeps its line, so
-- that an old event does not bring it back.
create table freshet.versions (
  identity text primary key,
  version bigint not null,
  updated_at timestamptz not null default now()
);

comment on table freshet.versions is 'newest applied version by identity';

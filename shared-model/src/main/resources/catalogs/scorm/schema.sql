-- The learning platform's own tables. May be run twice.
create table if not exists tenants (
  id int primary key,
  name text not null,
  plan text not null default 'basic',
  password_hash text not null,
  updated_at timestamptz not null default now()
);

create table if not exists courses (
  id int primary key,
  tenant_id int not null references tenants on delete cascade,
  title text not null,
  filename text,
  version text not null default '1.0',
  published bool not null default false
);
create index if not exists courses_by_tenant on courses (tenant_id, id);

create table if not exists dispatches (
  id text primary key,
  tenant_id int not null references tenants on delete cascade,
  course_id int not null references courses on delete cascade,
  name text not null,
  max_launches int,
  expires_on date
);
create index if not exists dispatches_by_tenant on dispatches (tenant_id);
create index if not exists dispatches_by_course on dispatches (course_id);

create table if not exists launches (
  id text primary key,
  dispatch_id text not null references dispatches on delete cascade,
  at timestamptz not null default now()
);
create index if not exists launches_by_dispatch on launches (dispatch_id);

create table if not exists registrations (
  id bigint primary key,
  dispatch_id text not null references dispatches on delete cascade,
  learner text not null,
  status text not null default 'incomplete',
  score numeric,
  updated_at timestamptz not null default now()
);
create index if not exists registrations_by_dispatch on registrations (dispatch_id);

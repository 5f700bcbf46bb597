-- The dashboard's own tables; a tenant sees nothing of another one. May be run twice.
create table if not exists tenants (
  id int primary key,
  name text not null
);

create table if not exists users (
  id int primary key,
  tenant_id int not null references tenants on delete cascade,
  name text not null,
  role text not null check (role in ('admin', 'manager', 'member'))
);
create index if not exists users_by_tenant on users (tenant_id);

create table if not exists areas (
  id int primary key,
  tenant_id int not null references tenants on delete cascade,
  name text not null
);
create index if not exists areas_by_tenant on areas (tenant_id);

create table if not exists initiatives (
  id int primary key,
  tenant_id int not null references tenants on delete cascade,
  area_id int references areas on delete set null,
  owner_id int references users on delete set null,
  title text not null,
  status text not null default 'planned' check (status in ('planned', 'running', 'done')),
  progress numeric(4, 3) not null default 0,
  budget_cents bigint not null default 0,
  updated_at timestamptz not null default now()
);
create index if not exists initiatives_by_tenant on initiatives (tenant_id, status, id);
create index if not exists initiatives_by_owner on initiatives (owner_id);

create table if not exists kpi_values (
  id bigint primary key,
  initiative_id int references initiatives on delete cascade,
  tenant_id int not null references tenants on delete cascade,
  at timestamptz not null,
  name text not null,
  value numeric not null
);
create index if not exists kpi_values_by_tenant on kpi_values (tenant_id, name, at desc);
create index if not exists kpi_values_by_day on kpi_values (tenant_id, at);

create table if not exists points (
  id bigint primary key,
  tenant_id int not null references tenants on delete cascade,
  user_id int not null references users on delete cascade,
  points int not null,
  at timestamptz not null default now()
);
create index if not exists points_by_user on points (tenant_id, user_id);

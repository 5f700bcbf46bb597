-- Two tenants to try it with: Acme is 1 with Ada (1, admin), Sam (2, manager), Kim (3); Globex is 2 with users 11 to 13. May be run twice.
insert into tenants (id, name) values (1, 'Acme'), (2, 'Globex') on conflict do nothing;

insert into users (id, tenant_id, name, role)
select 10 * (t - 1) + n, t, (array['Ada','Sam','Kim','Lee','Max','Noa'])[3 * (t - 1) + n], (array['admin','manager','member'])[n]
  from generate_series(1, 2) t, generate_series(1, 3) n
on conflict do nothing;

insert into areas (id, tenant_id, name)
select 10 * (t - 1) + n, t, (array['Growth','Quality','People'])[n]
  from generate_series(1, 2) t, generate_series(1, 3) n
on conflict do nothing;

insert into initiatives (id, tenant_id, area_id, owner_id, title, status, progress, budget_cents, updated_at)
select 100 * (t - 1) + n, t, 10 * (t - 1) + 1 + n % 3, 10 * (t - 1) + 1 + n % 3, 'Initiative ' || n,
       (array['planned','running','done'])[1 + n % 3], n % 11 / 10.0, 100000 * n, '2026-01-01Z'
  from generate_series(1, 2) t, generate_series(1, 30) n
on conflict do nothing;

insert into kpi_values (id, initiative_id, tenant_id, at, name, value)
select 1000 * t + 10 * d + n, 100 * (t - 1) + 1 + n, t, timestamptz '2026-01-01 08:00Z' + d * interval '1 day',
       (array['revenue','churn','nps'])[n], 100 * t + 10 * n + d
  from generate_series(1, 2) t, generate_series(0, 9) d, generate_series(1, 3) n
on conflict do nothing;

insert into points (id, tenant_id, user_id, points, at)
select 1000 * t + 10 * u + n, t, 10 * (t - 1) + u, 5 * u + n, timestamptz '2026-01-02 09:00Z' + n * interval '1 hour'
  from generate_series(1, 2) t, generate_series(1, 3) u, generate_series(1, 4) n
on conflict do nothing;

-- Two tenants to try it with, 1 and 2; the package of course 7 is golf.zip. May be run twice.
insert into tenants (id, name, plan, password_hash, updated_at) values
  (1, 'North Academy', 'pro', 'never cached', '2026-01-01Z'),
  (2, 'South College', 'basic', 'never cached', '2026-01-01Z')
on conflict do nothing;

insert into courses (id, tenant_id, title, filename, published)
select n, case when n <= 10 then 1 else 2 end, case when n = 7 then 'Golf Explained' else format('Course %s', n) end,
       case when n = 7 then 'golf.zip' else format('course%s.zip', n) end, n % 4 > 0
  from generate_series(1, 20) n
on conflict do nothing;

insert into dispatches (id, tenant_id, course_id, name, max_launches, expires_on)
select format('d%s', n), case when n <= 10 then 1 else 2 end, n, format('Dispatch %s', n), 100, '2030-12-31'
  from generate_series(1, 20) n
on conflict do nothing;

insert into launches (id, dispatch_id, at)
select format('l%s-%s', d, n), format('d%s', d), timestamptz '2026-01-02 09:00Z' + n * interval '1 hour'
  from generate_series(1, 20) d, generate_series(1, d % 4) n
on conflict do nothing;

insert into registrations (id, dispatch_id, learner, status, score, updated_at)
select 100 * d + n, format('d%s', d), format('learner%s', n), case when n % 2 = 0 then 'completed' else 'incomplete' end,
       case when n % 2 = 0 then 60 + 5 * n end, timestamptz '2026-01-03 09:00Z' + n * interval '1 hour'
  from generate_series(1, 20) d, generate_series(1, 6) n
on conflict do nothing;

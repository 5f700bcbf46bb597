-- Students s1 to s20, teachers t1 to t3, an admin, and ten courses to try it with. May be run twice.
insert into "User" (id, email, name, role, bio)
select 's' || n, format('student%s@example.com', n), case n when 1 then 'Ada' when 2 then 'Sam' else 'Student ' || n end, 'student', null
  from generate_series(1, 20) n
union all
select 't' || n, format('teacher%s@example.com', n), 'Teacher ' || n, 'teacher', 'Teaches since ' || 2010 + n
  from generate_series(1, 3) n
union all
select 'a1', 'admin@example.com', 'Admin', 'admin', null
on conflict do nothing;

insert into logins ("userId", at)
select id, now() - interval '1 hour' from "User" where id in ('s1', 's2', 't2')
   and not exists (select from logins);

insert into "Course" (id, "teacherId", title, description, "priceCents", published, "updatedAt")
select 'c' || n, 't' || 1 + n % 3, 'Course ' || n, 'What course ' || n || ' is about', 1000 * n, n <= 8, '2026-01-01Z'
  from generate_series(1, 10) n
on conflict do nothing;

insert into "Lesson" (id, "courseId", title, position)
select format('l%s-%s', c, n), 'c' || c, 'Lesson ' || n, n
  from generate_series(1, 10) c, generate_series(1, 4) n
on conflict do nothing;

insert into "Enrollment" (id, "studentId", "courseId", progress, "createdAt", "completedAt")
select format('e%s-%s', s, c), 's' || s, 'c' || c, (s + c) % 5 / 4.0, timestamptz '2026-01-05 09:00Z' + s * interval '1 day',
       case when (s + c) % 5 = 4 then timestamptz '2026-02-05 09:00Z' + s * interval '1 day' end
  from generate_series(1, 20) s, generate_series(1, 8) c
 where (s + c) % 3 = 0
on conflict do nothing;

insert into "Payment" (id, "studentId", "courseId", "amountCents", status, "paidAt")
select format('p%s-%s', s, c), 's' || s, 'c' || c, 1000 * c, 'paid', timestamptz '2026-01-05 09:00Z' + s * interval '1 day'
  from generate_series(1, 20) s, generate_series(1, 8) c
 where (s + c) % 3 = 0
union all
select 'p-open', 's1', 'c1', 1000, 'open', null
on conflict do nothing;

-- Rows to try TAFTA with; the people of Thinkific's published samples are applicants here. May be run twice.
insert into cohorts (id, name, starts_on) values
  (1, 'Spring 2024', '2024-03-04'),
  (2, 'Autumn 2024', '2024-09-02'),
  (3, 'Spring 2025', '2025-03-03'),
  (4, 'Autumn 2025', '2025-09-01')
on conflict do nothing;

insert into applicants (email, name, cohort_id, status) values
  ('ada.sample@example.com', 'Ada Sample', 3, 'approved'),
  ('sam.sample@example.com', 'Sam Sample', 4, 'approved'),
  ('lee.sample@example.com', 'Lee Sample', 4, 'pending'),
  ('kim.sample@example.com', 'Kim Sample', 3, 'pending'),
  ('max.sample@example.com', 'Max Sample', null, 'rejected')
on conflict do nothing;

-- sixty more in cohort 3, so that its enrollments have a second page, and ten in each other one
insert into applicants (email, name, cohort_id, status)
select format('learner%s@example.com', n), format('Learner %s', n),
       case when n <= 60 then 3 when n <= 70 then 1 when n <= 80 then 2 else 4 end,
       case when n % 5 = 0 then 'pending' else 'approved' end
  from generate_series(1, 90) n
on conflict do nothing;

insert into users (id, email, first_name, last_name, signed_up_at)
select 1000 + n, format('learner%s@example.com', n), 'Learner', n::text, timestamptz '2025-01-01 09:00Z' + n * interval '1 hour'
  from generate_series(1, 90) n
on conflict do nothing;

insert into enrollments
  (id, user_email, course_id, course_name, percentage_completed, free_trial, started_at, completed_at)
select 1000 + n, format('learner%s@example.com', n), 4, 'Sample Course', (n % 11) / 10.0, false,
       timestamptz '2025-03-03 09:00Z' + n * interval '1 hour',
       case when n % 11 = 10 then timestamptz '2025-06-02 09:00Z' + n * interval '1 hour' end
  from generate_series(1, 90) n
on conflict do nothing;

insert into lesson_completions (enrollment_id, lesson_id, lesson_name, user_email, completed_at)
select 1000 + n, l, format('Lesson %s', l), format('learner%s@example.com', n),
       timestamptz '2025-03-04 09:00Z' + l * interval '2 days'
  from generate_series(1, 90) n, generate_series(1, n % 11) l
on conflict do nothing;

insert into quiz_attempts
  (result_id, quiz_id, quiz_name, user_email, attempts, grade, correct_count, incorrect_count, attempted_at)
select 1000 + n, 43811, 'Sample Quiz', format('learner%s@example.com', n), 1, 50 + 10 * (n % 6), 5 + n % 6, 5 - n % 6,
       timestamptz '2025-04-01 09:00Z' + n * interval '1 hour'
  from generate_series(1, 90) n
 where n % 11 > 4
on conflict do nothing;

insert into orders (id, order_number, user_email, product_name, amount_cents, coupon_code, status, ordered_at) values
  (1001, '1001', 'learner1@example.com', 'Sample Course', 5000, null, 'Complete', '2025-02-03 10:00Z'),
  (1002, '1002', 'sam.sample@example.com', 'Sample Course', 4500, 'discount123', 'Complete', '2025-08-04 10:00Z')
on conflict do nothing;

insert into leads (id, email, first_name, subscribed, created_at) values
  (1001, 'learner99@example.com', 'Learner', true, '2025-08-05 10:00Z')
on conflict do nothing;

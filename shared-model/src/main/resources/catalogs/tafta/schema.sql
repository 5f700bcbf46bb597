-- TAFTA's own tables. Deliveries may arrive before the rows they speak of, so events have no foreign keys.

-- Test deliveries put "[TEST] " before addresses, and the case of addresses is not normalised.
create or replace function clean_email(raw text) returns text language sql immutable
  return lower(btrim(regexp_replace(raw, '^\[TEST\]\s*', '')));

-- A fraction from 0 to 1; test deliveries send percentages such as "24.0".
create or replace function fraction(raw text) returns numeric language sql immutable strict
  return greatest(0, least(1, case when raw::numeric > 1 then raw::numeric / 100 else raw::numeric end));

create table if not exists cohorts (
  id int primary key,
  name text not null,
  starts_on date
);

create table if not exists applicants (
  email text primary key check (email = lower(email)),
  name text not null,
  cohort_id int references cohorts,
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected'))
);
create index if not exists applicants_by_cohort on applicants (cohort_id, email);
create index if not exists applicants_by_status on applicants (status, email);

create table if not exists users (
  id bigint primary key,
  email text,
  first_name text,
  last_name text,
  signed_up_at timestamptz
);
create index if not exists users_by_email on users (email);

create table if not exists enrollments (
  id bigint primary key,
  user_email text,
  course_id bigint,
  course_name text,
  percentage_completed numeric(5, 4),
  free_trial boolean,
  started_at timestamptz,
  completed_at timestamptz
);
create index if not exists enrollments_by_user on enrollments (user_email);
create index if not exists enrollments_by_course on enrollments (course_id);

create table if not exists lesson_completions (
  enrollment_id bigint,
  lesson_id bigint,
  lesson_name text,
  user_email text,
  completed_at timestamptz,
  primary key (enrollment_id, lesson_id)
);
create index if not exists lesson_completions_by_user on lesson_completions (user_email);

create table if not exists quiz_attempts (
  result_id bigint primary key,
  quiz_id bigint,
  quiz_name text,
  user_email text,
  attempts int,
  grade numeric,
  correct_count int,
  incorrect_count int,
  attempted_at timestamptz
);
create index if not exists quiz_attempts_by_user on quiz_attempts (user_email);

create table if not exists orders (
  id bigint primary key,
  order_number text,
  user_email text,
  product_name text,
  amount_cents bigint,
  coupon_code text,
  status text,
  ordered_at timestamptz
);
create index if not exists orders_by_user on orders (user_email);

create table if not exists leads (
  id bigint primary key,
  email text,
  first_name text,
  subscribed boolean,
  created_at timestamptz
);

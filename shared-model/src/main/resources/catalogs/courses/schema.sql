-- The course platform's own tables, as Prisma makes them: names with capitals, in quotes. May be run twice.
create table if not exists "User" (
  id text primary key,
  email text not null,
  name text not null,
  role text not null check (role in ('student', 'teacher', 'admin')),
  bio text
);

create table if not exists "Course" (
  id text primary key,
  "teacherId" text not null references "User",
  title text not null,
  description text not null default '',
  "priceCents" int not null default 0,
  published bool not null default false,
  "updatedAt" timestamptz not null default now()
);
create index if not exists "Course_teacherId_idx" on "Course" ("teacherId");

-- When somebody logged in, for the dashboards that are worth loading ahead.
create table if not exists logins (
  "userId" text not null references "User" on delete cascade,
  at timestamptz not null default now()
);
create index if not exists logins_by_time on logins (at desc);

create table if not exists "Lesson" (
  id text primary key,
  "courseId" text not null references "Course" on delete cascade,
  title text not null,
  position int not null
);
create index if not exists "Lesson_courseId_idx" on "Lesson" ("courseId", position);

create table if not exists "Enrollment" (
  id text primary key,
  "studentId" text not null references "User" on delete cascade,
  "courseId" text not null references "Course" on delete cascade,
  progress numeric(4, 3) not null default 0,
  "createdAt" timestamptz not null default now(),
  "completedAt" timestamptz,
  unique ("studentId", "courseId")
);
create index if not exists "Enrollment_courseId_idx" on "Enrollment" ("courseId");

create table if not exists "Payment" (
  id text primary key,
  "studentId" text not null references "User" on delete cascade,
  "courseId" text not null references "Course" on delete cascade,
  "amountCents" int not null,
  status text not null default 'open' check (status in ('open', 'paid', 'refunded')),
  "paidAt" timestamptz
);
create index if not exists "Payment_studentId_idx" on "Payment" ("studentId");
create index if not exists "Payment_courseId_idx" on "Payment" ("courseId");

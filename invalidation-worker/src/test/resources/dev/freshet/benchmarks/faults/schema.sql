create role freshet_app login password '{password}';
grant create on database postgres to freshet_app;
create table enrollments (
    id bigint primary key,
    course_id bigint not null,
    user_email text not null,
    percentage int not null check (percentage between 0 and 100),
    version bigint not null);
create index on enrollments (course_id);
grant select, insert, update, delete on enrollments to freshet_app;
create table notes (id bigint primary key, shelf bigint not null, version bigint not null);
create index on notes (shelf);
grant select, trigger on notes to freshet_app;

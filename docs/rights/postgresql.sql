-- Least rights in PostgreSQL 13 and later, made sure of by the tests, which run under them. Run each part where its
-- heading says, as an administrator, with other passwords. Every statement can be run again but those that create.

-- 1. Once for the server: a role for each process.
create role freshet_work login password 'change-me';
create role freshet_serve login password 'change-me';
create role freshet_ingest login password 'change-me';
alter role freshet_serve set default_transaction_read_only = on;

-- 2. In the application's database, as the role that creates the application's tables.
-- work owns the schema that Freshet keeps its own tables in, and does what the catalog's SQL does. Where that writes a
-- few tables, name these instead of all.
create schema freshet authorization freshet_work;
grant usage on schema public to freshet_work, freshet_serve;
grant select on all tables in schema public to freshet_serve;
grant select, insert, update, delete on all tables in schema public to freshet_work;
grant usage on all sequences in schema public to freshet_work;
-- and the same on tables to come
alter default privileges in schema public grant select on tables to freshet_serve;
alter default privileges in schema public grant select, insert, update, delete on tables to freshet_work;
alter default privileges in schema public grant usage on sequences to freshet_work;

-- 3. In the same database, once freshet work was started: it has made the tables.
-- ingest writes what it accepts while the queue's Redis is away, and sees nothing else.
grant usage on schema freshet to freshet_ingest;
grant select, insert, update (job) on freshet.deliveries to freshet_ingest;
-- serve keeps sessions, and sees nothing else of Freshet's; only what it does there begins a transaction that writes.
grant usage on schema freshet to freshet_serve;
grant select, insert, update, delete on freshet.sessions to freshet_serve;

-- 4. As the owner of the tables, for "freshet capture install" alone: a line for each table that the catalog names under
-- changes (freshet capture install --print shows what will be run). Who has this right may run code in every change of the
-- table. Whoever changes it needs no right in the schema freshet.
-- grant trigger on runs to freshet_work;

-- What the triggers of captured tables write, in the transaction of the change; deleted once the queue has it.
create table freshet.outbox (
  id bigint generated always as identity,
  application text not null,
  source text not null,
  rows text,
  at timestamptz not null default clock_timestamp(),
  primary key (application, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- so that what is stored is as large as what is read
alter table freshet.outbox alter column rows set storage external;

comment on table freshet.outbox is 'committed changes that are on their way into the queue';
comment on column freshet.outbox.source is 'the table, as the catalog names it';
comment on column freshet.outbox.rows is 'different values of changed rows, 1 to 1000 JSON objects, one a line; null: anything may have changed';

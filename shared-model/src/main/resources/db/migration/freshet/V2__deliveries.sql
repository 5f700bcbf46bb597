-- One row per delivery: the log, the spill and the overflow of dead letters; they differ by state.
create table freshet.deliveries (
  id text primary key,
  site text not null,
  topic text not null,
  state text not null check (state in ('spilled', 'queued', 'retry', 'done', 'dead', 'discarded')),
  outcome text not null default '',
  attempts int not null default 0,
  received timestamptz not null,
  applied timestamptz,
  fresh timestamptz,
  changed timestamptz not null default now(),
  place bigint generated always as identity,
  job bytea
);

create index deliveries_received on freshet.deliveries (received, id);
create index deliveries_spilled on freshet.deliveries (place) where job is not null;
create index deliveries_changed on freshet.deliveries (changed) where job is null;

comment on table freshet.deliveries is 'what became of each accepted delivery';
comment on column freshet.deliveries.outcome is 'done: applied, overtaken or ignored; retry and dead: the last error';
comment on column freshet.deliveries.attempts is 'tries so far';
comment on column freshet.deliveries.applied is 'when it was committed';
comment on column freshet.deliveries.fresh is 'when no cached read was older any more';
comment on column freshet.deliveries.changed is 'of this row; what is done is pruned by it';
comment on column freshet.deliveries.place is 'the order in which spilled deliveries go back into the queue';
comment on column freshet.deliveries.job is 'spilled, as the queue holds it; until the queue has it for certain, or it is done';

-- Bodies of dead letters that were moved out of Redis. What a row holds never changes: another body has another digest.
create table freshet.dead_bodies (
  queue text,
  id text,
  digest text,
  body bytea not null,
  moved timestamptz not null default now(),
  unneeded timestamptz,
  primary key (queue, id, digest)
);

comment on table freshet.dead_bodies is 'bodies of dead letters that are too much for Redis';
comment on column freshet.dead_bodies.queue is 'what the keys of the queue''s Redis begin with';
comment on column freshet.dead_bodies.unneeded is 'since when no letter in Redis needs it';

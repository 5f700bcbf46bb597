-- How new the paths of a row must be, '' for those of which nobody can tell, and when the change was received.
alter table freshet.left_behind
  add column versions text[] not null default '{}',
  add column received timestamptz;

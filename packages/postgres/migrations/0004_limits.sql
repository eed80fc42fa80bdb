-- What tasks take a part of while they are ready or run. Whoever gives its slots away holds its row.
create table millrace.task_limit (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('pool', 'key', 'rate', 'namespace', 'all')),
  name text not null,
  declared int check (declared >= 0),
  by_hand int check (by_hand >= 0),
  slots int generated always as (coalesce(by_hand, declared)) stored,
  per_ms bigint,
  wake_at timestamptz,
  unique (kind, name)
);

comment on column millrace.task_limit.slots is 'Null: it sets no limit.';

comment on column millrace.task_limit.wake_at is 'When the timer that looks at it again is due.';

create index task_limit_of_scope on millrace.task_limit (name) where kind in ('namespace', 'all');

-- Taken from when a task becomes ready until it ends or waits; of a rate, until its time is over.
create table millrace.limit_slot (
  limit_id bigint not null,
  task_run_id bigint not null,
  attempt int not null,
  slots int not null,
  until timestamptz,
  primary key (limit_id, task_run_id, attempt)
);

create index limit_slot_held on millrace.limit_slot (task_run_id) where until is null;

-- Task runs that are queued and may not be claimed yet: all that their ready rows will need.
create table millrace.limit_wait (
  task_run_id bigint primary key,
  run_id bigint not null,
  attempt int not null,
  queue text not null,
  version text not null,
  rank bigint not null,
  timeout_ms bigint not null,
  cpu float8,
  memory_mb float8,
  since timestamptz not null default millrace.now()
);

create index limit_wait_of_run on millrace.limit_wait (run_id);

create table millrace.limit_wanted (
  limit_id bigint not null,
  rank bigint not null,
  task_run_id bigint not null,
  slots int not null,
  primary key (limit_id, rank, task_run_id)
);

create index limit_wanted_by on millrace.limit_wanted (task_run_id);

-- Runs at once in a namespace, and in all. Locked after pipelines and before the limits of tasks.
create table millrace.run_limit (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('namespace', 'all')),
  name text not null,
  declared int check (declared >= 0),
  by_hand int check (by_hand >= 0),
  slots int generated always as (coalesce(by_hand, declared)) stored,
  unique (kind, name)
);

alter table millrace.run_active add column concurrency_key text;

alter table millrace.run_queued add column concurrency_key text, add column key_limit int;

alter table millrace.timer add column limit_id bigint;

alter table millrace.limit_slot set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

alter table millrace.limit_wait set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

alter table millrace.limit_wanted set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

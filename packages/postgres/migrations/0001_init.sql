-- A blank line ends a statement. Text columns that name states hold the words of ARCHITECTURE.md.
create schema if not exists millrace;

-- The clock of the system. A simulation sets `millrace.now`; nothing else decides what time it is.
create function millrace.now() returns timestamptz language sql stable as $$
  select coalesce(nullif(current_setting('millrace.now', true), '')::timestamptz, clock_timestamp())
$$;

-- Grows with every registration, so that no process judges by triggers it loaded before.
create table millrace.registry (
  id int primary key default 1 check (id = 1),
  version bigint not null default 1
);

insert into millrace.registry default values;

create table millrace.deployment (
  name text primary key,
  build bigint,
  registered_at timestamptz not null default millrace.now()
);

create table millrace.pipeline (
  id bigint generated always as identity primary key,
  namespace text not null,
  name text not null,
  deployment text not null references millrace.deployment (name),
  version_id bigint,
  paused boolean not null default false,
  max_active_runs int check (max_active_runs > 0),
  unique (namespace, name)
);

comment on column millrace.pipeline.version_id is 'Null: no deployment has it any more.';

create table millrace.pipeline_version (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references millrace.pipeline (id),
  version text not null,
  spec jsonb not null,
  registered_at timestamptz not null default millrace.now(),
  unique (pipeline_id, version)
);

create table millrace.dataset (
  id bigint generated always as identity primary key,
  namespace text not null,
  name text not null,
  spec jsonb not null,
  unique (namespace, name)
);

create table millrace.trigger (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references millrace.pipeline (id),
  name text not null,
  spec jsonb not null,
  active boolean not null,
  unique (pipeline_id, name)
);

-- Facts: what triggers are about. Insert-only.
create table millrace.update (
  id bigint generated always as identity primary key,
  dataset_id bigint not null references millrace.dataset (id),
  partition text not null,
  kind text not null check (kind in ('changed', 'removed')),
  uri text,
  metadata jsonb not null,
  source_type text not null,
  source_key text not null,
  run_id bigint,
  task_run_id bigint,
  correlation_id text not null,
  hop smallint not null,
  at timestamptz not null default millrace.now()
);

create index update_latest on millrace.update (dataset_id, partition, id desc);

create index update_of_run on millrace.update (run_id) where run_id is not null;

create table millrace.event (
  id bigint generated always as identity primary key,
  name text not null,
  data jsonb not null,
  source_type text not null,
  source_key text not null,
  run_id bigint,
  task_run_id bigint,
  correlation_id text not null,
  hop smallint not null,
  at timestamptz not null default millrace.now()
);

-- Idempotency: what one source told before, under the key that it gave.
create table millrace.fact_key (
  kind text not null,
  source_type text not null,
  key text not null,
  fact_id bigint not null,
  primary key (kind, source_type, key)
);

-- The outbox of evaluations: a row is deleted by the transaction that evaluates its fact.
create table millrace.fact_pending (
  kind text not null check (kind in ('update', 'event', 'run')),
  id bigint not null,
  since timestamptz not null default millrace.now(),
  primary key (kind, id)
);

-- One partition's worth of one trigger: its lock, and the next position in it.
create table millrace.trigger_group (
  id bigint generated always as identity primary key,
  trigger_id bigint not null references millrace.trigger (id),
  partition text not null,
  next_position bigint not null default 1,
  unique (trigger_id, partition)
);

-- What became of each fact at each trigger that it matched.
create table millrace.delivery (
  id bigint generated always as identity primary key,
  trigger_id bigint not null references millrace.trigger (id),
  fact_kind text not null,
  fact_id bigint not null,
  group_id bigint references millrace.trigger_group (id),
  position bigint,
  legs smallint[] not null,
  disposition text not null,
  reason text,
  run_id bigint,
  at timestamptz not null default millrace.now(),
  unique nulls not distinct (trigger_id, fact_kind, fact_id, group_id)
);

create index delivery_of_run on millrace.delivery (run_id) where run_id is not null;

create index delivery_of_fact on millrace.delivery (fact_kind, fact_id);

create table millrace.delivery_pending (
  delivery_id bigint primary key,
  group_id bigint not null,
  position bigint not null,
  legs smallint[] not null,
  unique (group_id, position)
);

create table millrace.run (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references millrace.pipeline (id),
  version_id bigint not null references millrace.pipeline_version (id),
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  reason text,
  trigger_id bigint,
  trigger_name text not null,
  cause jsonb not null,
  partition text not null,
  logical_at timestamptz,
  interval_start timestamptz,
  interval_end timestamptz,
  params jsonb not null,
  correlation_id text not null,
  hop smallint not null,
  result jsonb,
  created_at timestamptz not null default millrace.now(),
  started_at timestamptz,
  ended_at timestamptz,
  cancel_requested_at timestamptz,
  check ((state in ('succeeded', 'failed', 'cancelled')) = (ended_at is not null))
) with (fillfactor = 80);

create index run_of_pipeline on millrace.run (pipeline_id, id desc);

create table millrace.run_key (
  pipeline_id bigint not null,
  key text not null,
  run_id bigint not null,
  primary key (pipeline_id, key)
);

create table millrace.schedule_fire (
  trigger_id bigint not null,
  slot timestamptz not null,
  run_id bigint not null,
  primary key (trigger_id, slot)
);

-- Runs under way, and runs that wait for one to end. The state itself has no index.
create table millrace.run_active (
  run_id bigint primary key,
  pipeline_id bigint not null
);

create index run_active_of_pipeline on millrace.run_active (pipeline_id);

create table millrace.run_queued (
  run_id bigint primary key,
  pipeline_id bigint not null
);

create index run_queued_of_pipeline on millrace.run_queued (pipeline_id, run_id);

-- The hot table: no index names what a transition changes, so that every update stays HOT.
create table millrace.task_run (
  id bigint generated always as identity primary key,
  run_id bigint not null references millrace.run (id),
  task smallint not null,
  item int not null default -1,
  state text not null check (state in ('queued', 'running', 'waiting', 'succeeded', 'failed',
    'upstream_failed', 'skipped', 'cancelled')),
  attempt int not null default 1,
  failures smallint not null default 0,
  crashes smallint not null default 0,
  reason text,
  way text,
  item_total int,
  item_next int,
  item_done int,
  item_failed int,
  error jsonb,
  session_id uuid,
  queued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  unique (run_id, task, item),
  check ((state = 'running') = (session_id is not null)),
  check ((item_total is null) = (item_next is null))
) with (fillfactor = 70);

comment on column millrace.task_run.attempt is
  'The fence as well: it grows whenever the task run changes hands.';

-- Attempts that did not succeed; the last one stands in task_run.
create table millrace.attempt (
  task_run_id bigint not null,
  attempt int not null,
  outcome text not null,
  error jsonb,
  session_id uuid,
  started_at timestamptz,
  ended_at timestamptz not null default millrace.now(),
  primary key (task_run_id, attempt)
);

create table millrace.output (
  task_run_id bigint primary key,
  value jsonb not null
);

create table millrace.map_item (
  task_run_id bigint not null,
  item int not null,
  value jsonb not null,
  primary key (task_run_id, item)
);

-- The outbox of bells: what may be claimed. Inserted and deleted by the transitions themselves.
create table millrace.ready (
  task_run_id bigint primary key,
  run_id bigint not null,
  attempt int not null,
  queue text not null,
  version text not null,
  rank bigint not null,
  timeout_ms bigint not null,
  rung_at timestamptz not null default millrace.now(),
  ring int not null default 0
) with (fillfactor = 70);

create index ready_rank on millrace.ready (queue, version, rank);

create index ready_of_run on millrace.ready (run_id);

create table millrace.running (
  task_run_id bigint primary key,
  run_id bigint not null,
  attempt int not null,
  session_id uuid not null,
  times_out_at timestamptz not null
);

create index running_of_session on millrace.running (session_id);

create table millrace.timer (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('schedule', 'retry')),
  due_at timestamptz not null,
  trigger_id bigint,
  run_id bigint,
  task_run_id bigint,
  attempt int
);

create index timer_due on millrace.timer (due_at);

create unique index timer_of_schedule on millrace.timer (trigger_id) where kind = 'schedule';

create table millrace.worker (
  session_id uuid primary key,
  host text not null,
  pid int not null,
  slots int not null,
  channels jsonb not null,
  started_at timestamptz not null default millrace.now(),
  lease_until timestamptz not null,
  draining boolean not null default false
) with (fillfactor = 70);

-- The present state of each object of each dataset, which further news of it is compared with.
create table millrace.object_state (
  dataset_id bigint not null,
  bucket text not null,
  key text not null,
  state jsonb not null,
  primary key (dataset_id, bucket, key)
);

create table millrace.dead_letter (
  id bigint generated always as identity primary key,
  source text not null,
  reason text not null,
  body text not null,
  at timestamptz not null default millrace.now()
);

alter table millrace.ready set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

alter table millrace.running set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

alter table millrace.fact_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

alter table millrace.delivery_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

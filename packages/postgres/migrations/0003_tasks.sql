-- What a task run did durably: results of steps, waits and their answers. See core's journal.ts.
create table millrace.step (
  id bigint generated always as identity primary key,
  run_id bigint not null,
  task_run_id bigint not null,
  name text not null,
  signature text not null,
  state text not null check (state in ('waiting', 'done')),
  wait jsonb,
  value jsonb,
  since timestamptz not null default millrace.now(),
  ended_at timestamptz,
  unique (task_run_id, name)
);

comment on column millrace.step.wait is 'What was asked for; null for the result of a step.';

create index step_of_run on millrace.step (run_id);

-- What an open wait listens to: 'event <name>', 'event pattern', 'run <id>', 'pipeline <id>'.
create table millrace.step_source (
  step_id bigint not null references millrace.step (id),
  source text not null,
  primary key (source, step_id)
);

create index step_source_of_step on millrace.step_source (step_id);

-- Whoever waits may be answered by this fact: look at the wait.
alter table millrace.wake add column step_id bigint, add column fact_kind text,
  add column fact_id bigint;

alter table millrace.wake drop constraint wake_check;

alter table millrace.wake add constraint wake_about_one
  check (num_nonnulls(group_id, backfill_id, step_id) = 1);

alter table millrace.timer add column step_id bigint, add column group_name text;

alter table millrace.timer drop constraint timer_kind_check;

alter table millrace.timer add constraint timer_kind_check
  check (kind in ('schedule', 'retry', 'group', 'freshness', 'step', 'run_timeout',
    'task_group_timeout', 'limit'));

create unique index timer_of_step on millrace.timer (step_id) where kind = 'step';

create index timer_of_run on millrace.timer (run_id, task_run_id) where run_id is not null;

-- What people said to an approval, besides its answer.
create table millrace.approval_comment (
  id bigint generated always as identity primary key,
  step_id bigint not null references millrace.step (id),
  by text not null,
  comment text not null,
  at timestamptz not null default millrace.now()
);

create index approval_comment_of_step on millrace.approval_comment (step_id);

-- Small facts that a handler shows while it runs.
create table millrace.task_status (
  task_run_id bigint not null,
  key text not null,
  value jsonb not null,
  at timestamptz not null default millrace.now(),
  primary key (task_run_id, key)
);

alter table millrace.run add column parent_run_id bigint,
  add column parent_step_id bigint,
  add column call_depth smallint not null default 0,
  add column traceparent text,
  add column build text,
  add column paused_at timestamptz,
  add column stop_reason text,
  add column concurrency_key text,
  add column retry_of bigint;

comment on column millrace.run.stop_reason is
  'A run that is stopped for this reason has failed; null: it was cancelled.';

comment on column millrace.run.retry_of is
  'The run whose outcomes it began with, of which it does again what was asked for.';

create index run_of_parent on millrace.run (parent_run_id, parent_step_id)
  where parent_run_id is not null;

create index run_retry_of on millrace.run (retry_of) where retry_of is not null;

alter table millrace.task_run add column begun_at timestamptz,
  add column polls int not null default 0,
  add column item_skipped int,
  add column cancel_requested_at timestamptz,
  add column build text;

alter table millrace.attempt add column build text;

alter table millrace.update add column traceparent text;

alter table millrace.event add column traceparent text, add column namespace text;

comment on column millrace.event.namespace is 'Heard in this namespace only; null: everywhere.';

alter table millrace.worker add column build text, add column cpu float8, add column memory_mb float8;

alter table millrace.ready add column cpu float8, add column memory_mb float8;

alter table millrace.running add column cpu float8, add column memory_mb float8;

-- Who did what, and why.
create table millrace.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default millrace.now(),
  by text not null,
  action text not null,
  run_id bigint,
  task text,
  why text,
  detail jsonb not null default '{}'
);

create index audit_of_run on millrace.audit (run_id) where run_id is not null;

-- Waits. Of a task run that has ended, nobody asks for an answer any more.
alter table millrace.step drop constraint step_state_check;

alter table millrace.step add constraint step_state_check
  check (state in ('waiting', 'done', 'closed'));

comment on column millrace.step.state is
  'closed: its task run ended before there was an answer.';

create index step_open on millrace.step (run_id) where state = 'waiting';

create index approval_open on millrace.step (id)
  where state = 'waiting' and wait ->> 'kind' = 'approval';

-- Who looks back: for events by name or prefix since a moment, for runs of a partition or a date.
create index event_by_name on millrace.event (name text_pattern_ops, at);

create index run_of_partition on millrace.run (pipeline_id, partition, id desc);

create index run_of_logical_date on millrace.run (pipeline_id, logical_at, id desc)
  where logical_at is not null;

-- Control of runs: task runs that were done again in place, as they were.
create table millrace.task_run_past (
  id bigint generated always as identity primary key,
  run_id bigint not null,
  task smallint not null,
  item int not null,
  was jsonb not null,
  output jsonb,
  at timestamptz not null default millrace.now()
);

create index task_run_past_of_run on millrace.task_run_past (run_id, task);

alter table millrace.run add column pinned_build text,
  add column unmoved_version_id bigint,
  add column unmoved_reason text;

comment on column millrace.run.pinned_build is
  'Only workers of this build may run it; null: whoever has its version.';

comment on column millrace.run.unmoved_reason is
  'Why it could not go on with the version unmoved_version_id.';

create index run_paused on millrace.run (id) where paused_at is not null;

-- Channels with ready rows that no live worker hears, and since when.
create table millrace.channel_missing (
  queue text not null,
  version text not null,
  since timestamptz not null default millrace.now(),
  seen_at timestamptz not null default millrace.now(),
  primary key (queue, version)
);

-- The task engine: tasks that are stopped one by one, what waits and is due, kept items of maps.
alter table millrace.task_run add column due boolean,
  add column stop_state text check (stop_state in ('failed', 'cancelled')),
  add column stop_reason text,
  add column item_todo int[],
  add column parked boolean generated always as
    (case when state = 'waiting' and item >= 0 then true end) stored;

comment on column millrace.task_run.due is
  'It waited, and goes on as soon as its run has room for it.';

comment on column millrace.task_run.stop_state is
  'How it ends that was asked to stop, apart from the cancel of its run.';

comment on column millrace.task_run.item_todo is
  'Of a mapped task some of whose items were there before it: the others, in order.';

comment on column millrace.task_run.parked is
  'An item that holds nothing. Derived, so that only such items are in the index that counts them.';

create index task_run_parked on millrace.task_run (run_id, task, item) where parked;

create unique index timer_of_run_timeout on millrace.timer (run_id) where kind = 'run_timeout';

create unique index timer_of_task_group on millrace.timer (run_id, group_name)
  where kind = 'task_group_timeout';

-- In which order the attempts of a task run saw what was done: its branches then take the same
-- turns each time. What is answered while an attempt runs comes after all that the attempt did.
create sequence millrace.step_seen;

alter table millrace.step add column seen_order bigint;

-- Outputs that are too large for a row: `{"~blob": key, "bytes": n, "as": "json"}` stands for one.
create function millrace.part_of(value jsonb, path text[]) returns jsonb
  language sql immutable parallel safe as $$
  select case
    when value ->> 'as' = 'json' and value -> '~blob' is not null and cardinality(path) > 0
      then value || jsonb_build_object('path', path)
    when value ->> 'as' = 'json' and value -> '~blob' is not null then value
    else value #> path
  end
$$;

comment on function millrace.part_of is
  'A part of an output; of one in the blob store what stands for that part.';

-- Pausing says who and when; a trigger has a switch of its own beside the one in its spec.
alter table millrace.pipeline add column paused_at timestamptz, add column paused_by text;

alter table millrace.trigger add column paused boolean not null default false,
  add column paused_at timestamptz, add column paused_by text;

-- Facts: what an update was a version of, and how its checks came out.
alter table millrace.update add column content_version text,
  add column checks jsonb,
  add column quarantined boolean not null default false,
  add column released_at timestamptz,
  add column released_by text;

comment on column millrace.update.checks is
  'Of each check by name: true when it passed. Null when the dataset has none.';

alter table millrace.fact_key add column told int not null default 1;

-- What a group remembers between evaluations.
alter table millrace.trigger_group add column backfill_id bigint,
  add column owed smallint[] not null default '{}',
  add column owed_until timestamptz,
  add column owed_run_id bigint,
  add column alerted_at bigint,
  add column clock timestamptz,
  add column seen bigint not null default 0,
  add column decided_at timestamptz,
  add column satisfied_at timestamptz;

comment on column millrace.trigger_group.clock is
  'What arrives counts as of this moment at the earliest: everything before it is decided.';

alter table millrace.trigger_group drop constraint trigger_group_trigger_id_partition_key;

create unique index trigger_group_key on millrace.trigger_group (trigger_id, partition, backfill_id)
  nulls not distinct;

alter table millrace.delivery_pending add column at timestamptz not null default millrace.now(),
  add column member text not null default '{}';

-- Members of complete legs that a group has had.
create table millrace.group_member (
  group_id bigint not null,
  leg smallint not null,
  member text not null,
  primary key (group_id, leg, member)
);

-- Groups that wait for room at the limit of their pipeline.
create table millrace.group_held (
  group_id bigint primary key,
  pipeline_id bigint not null
);

create index group_held_of_pipeline on millrace.group_held (pipeline_id);

-- Something may have changed a decision: look at this group, or at this backfill, again.
create table millrace.wake (
  id bigint generated always as identity primary key,
  group_id bigint,
  backfill_id bigint,
  since timestamptz not null default millrace.now(),
  check (num_nonnulls(group_id, backfill_id) = 1)
);

-- The content version that a trigger was given last, of each place that it hears of.
create table millrace.content_seen (
  trigger_id bigint not null,
  place text not null,
  version text not null,
  primary key (trigger_id, place)
);

alter table millrace.run add column backfill_id bigint, add column rerun_of bigint;

create index run_of_backfill on millrace.run (backfill_id) where backfill_id is not null;

alter table millrace.run_queued add column backfill boolean not null default false;

alter table millrace.timer add column group_id bigint, add column dataset_id bigint,
  add column slot timestamptz;

alter table millrace.timer drop constraint timer_kind_check;

alter table millrace.timer add constraint timer_kind_check
  check (kind in ('schedule', 'retry', 'group', 'freshness'));

create unique index timer_of_group on millrace.timer (group_id) where kind = 'group';

create unique index timer_of_freshness on millrace.timer (dataset_id) where kind = 'freshness';

-- Of datasets with a freshness policy.
create table millrace.freshness (
  dataset_id bigint primary key references millrace.dataset (id),
  state text not null check (state in ('fresh', 'stale', 'unknown')),
  since timestamptz not null default millrace.now(),
  due_at timestamptz,
  update_id bigint
);

create table millrace.backfill (
  id bigint generated always as identity primary key,
  pipeline_id bigint not null references millrace.pipeline (id),
  updates text not null check (updates in ('emit', 'suppress', 'cascade')),
  state text not null check (state in ('planned', 'running', 'paused', 'cancelled', 'done')),
  plan jsonb not null,
  params jsonb not null default '{}',
  max_active int not null check (max_active > 0),
  created_at timestamptz not null default millrace.now(),
  ended_at timestamptz
);

create table millrace.backfill_item (
  backfill_id bigint not null references millrace.backfill (id),
  place int not null,
  partition text not null,
  action text not null check (action in ('new', 'rerun', 'skip')),
  reason text,
  state text not null check (state in ('waiting', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
  run_id bigint,
  primary key (backfill_id, place)
);

create index backfill_item_waiting on millrace.backfill_item (backfill_id, place)
  where state = 'waiting';

-- Facts that were told more than once are few; nothing else asks for keys by their fact.
create index fact_key_told on millrace.fact_key (kind, fact_id) where told > 1;

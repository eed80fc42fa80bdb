-- Of a dataset whose partitions are complete by a rule, each object knows its partition.
alter table millrace.object_state add column partition text, add column heard_at timestamptz;

comment on column millrace.object_state.partition is
  'Null where each object is an update by itself.';

comment on column millrace.object_state.heard_at is
  'When this version of it was heard of, by the clock of the database.';

create index object_state_of_partition on millrace.object_state (dataset_id, partition)
  where partition is not null;

-- A partition of several objects. Whoever decides whether it is complete holds its row.
create table millrace.partition_ready (
  dataset_id bigint not null references millrace.dataset (id),
  partition text not null,
  rule jsonb not null,
  since timestamptz not null default millrace.now(),
  is_complete boolean not null default false,
  told boolean not null default false,
  missing text,
  objects bigint not null default 0,
  bytes bigint not null default 0,
  listed jsonb,
  due_at timestamptz,
  primary key (dataset_id, partition)
);

comment on column millrace.partition_ready.rule is 'What it was judged by last.';

comment on column millrace.partition_ready.since is 'It has been complete, or waited, since then.';

comment on column millrace.partition_ready.told is 'An update has said that it was complete.';

comment on column millrace.partition_ready.listed is
  'The keys that its manifest lists; null: not read.';

comment on column millrace.partition_ready.due_at is
  'When to judge it again though nothing comes.';

create index partition_ready_due on millrace.partition_ready (due_at) where due_at is not null;

create index partition_ready_waiting on millrace.partition_ready (dataset_id, since)
  where not is_complete;

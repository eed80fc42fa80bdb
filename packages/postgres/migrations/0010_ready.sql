alter table millrace.dataset add column ready_era int not null default 0;

comment on column millrace.dataset.ready_era is
  'How often a rule of when a partition is complete came after there was none.';

-- Of a dataset whose partitions are complete by a rule, each object is counted to its partition.
alter table millrace.object_state add column partition text, add column ready_era int;

comment on column millrace.object_state.partition is
  'Null where each object is an update by itself.';

comment on column millrace.object_state.ready_era is
  'Of its dataset, when it was counted: what was counted in another era does not count.';

-- The last segment is cut, so that the longest fits into a row of the index.
create index object_state_of_partition on millrace.object_state
  (dataset_id, partition, left(split_part(key, '/', -1), 64)) where partition is not null;

-- A partition of several objects. Whoever counts its objects, or decides whether it is complete,
-- holds its row; as long as there is one, each object that comes or goes adds to its counts.
create table millrace.partition_ready (
  id bigint generated always as identity unique,
  dataset_id bigint not null references millrace.dataset (id),
  partition text not null,
  ready_era int,
  rule jsonb not null,
  since timestamptz not null default millrace.now(),
  is_complete boolean not null default false,
  told_at timestamptz,
  missing text,
  objects bigint not null default 0,
  bytes bigint not null default 0,
  size_unknown bigint not null default 0,
  last_at timestamptz not null default millrace.now(),
  listed_count int,
  absent_count int not null default 0,
  due_at timestamptz,
  primary key (dataset_id, partition)
) with (fillfactor = 70);

comment on column millrace.partition_ready.ready_era is
  'Of its dataset, when its objects were counted; null: not yet.';

comment on column millrace.partition_ready.rule is 'What it is judged by.';

comment on column millrace.partition_ready.since is 'It has been complete, or waited, since then.';

comment on column millrace.partition_ready.told_at is
  'When an update said last that it was complete; null: none has.';

comment on column millrace.partition_ready.last_at is 'When the last object came that was news.';

comment on column millrace.partition_ready.listed_count is
  'How many keys its manifest lists; null: not read.';

comment on column millrace.partition_ready.absent_count is 'How many of them are not there.';

comment on column millrace.partition_ready.due_at is
  'When to judge it again though nothing comes.';

create index partition_ready_due on millrace.partition_ready (due_at) where due_at is not null;

create index partition_ready_waiting on millrace.partition_ready (dataset_id, since)
  where not is_complete;

-- What may be forgotten: without its row, a partition that has objects was complete, and told.
create index partition_ready_told on millrace.partition_ready (told_at)
  where is_complete and listed_count is null;

-- The keys that the manifest of a partition lists.
create table millrace.partition_listed (
  partition_id bigint not null references millrace.partition_ready (id) on delete cascade,
  key text not null,
  is_there boolean not null,
  primary key (partition_id, key)
);

create index partition_listed_absent on millrace.partition_listed (partition_id, key)
  where not is_there;

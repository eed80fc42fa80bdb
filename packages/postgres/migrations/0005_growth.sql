-- The update log in ranges of ids, so that what is past retention goes as a whole. What was there
-- becomes the first range. See prune/update-ranges.ts.
create sequence millrace.update_number as bigint;

select setval('millrace.update_number', s.last_value, s.is_called) from millrace.update_id_seq s;

alter table millrace.update alter column id drop identity;

alter sequence millrace.update_number rename to update_id_seq;

alter table millrace.update rename to update_from_1;

alter index millrace.update_pkey rename to update_from_1_pkey;

alter index millrace.update_latest rename to update_from_1_latest;

alter index millrace.update_of_run rename to update_from_1_of_run;

create table millrace.update (
  like millrace.update_from_1 including defaults including constraints including comments
) partition by range (id);

alter table millrace.update alter column id set default nextval('millrace.update_id_seq');

alter sequence millrace.update_id_seq owned by millrace.update.id;

alter table millrace.update add primary key (id);

create index update_latest on millrace.update (dataset_id, partition, id desc);

create index update_of_run on millrace.update (run_id) where run_id is not null;

alter table millrace.update add foreign key (dataset_id) references millrace.dataset (id);

create table millrace.update_range (
  from_id bigint primary key,
  to_id bigint not null check (to_id > from_id)
);

comment on column millrace.update_range.to_id is 'The first id that is not in it.';

insert into millrace.update_range (from_id, to_id)
select 1, s.last_value + 100000 from millrace.update_id_seq s;

do $$ begin
  execute format('alter table millrace.update attach partition millrace.update_from_1
    for values from (minvalue) to (%s)', (select to_id from millrace.update_range));
end $$;

-- What stays of ranges that are gone: the newest update of each partition, and what is referred to.
-- And whatever has no range yet, so that no insert ever fails.
create table millrace.update_rest partition of millrace.update default;

-- How far pruning has come in each table, and the lock of who prunes it.
create table millrace.prune_hand (
  kind text primary key,
  after_id bigint not null default 0
);

insert into millrace.prune_hand (kind) values ('range'), ('run'), ('delivery'), ('update'),
  ('event'), ('group'), ('key'), ('slot'), ('dead_letter'), ('audit'), ('backfill');

-- Keys outlive what a source can tell again, and nothing else; a group may go before deliveries.
alter table millrace.fact_key add column at timestamptz not null default now();

alter table millrace.fact_key alter column at set default millrace.now();

create index fact_key_at on millrace.fact_key (at);

alter table millrace.run_key add column at timestamptz not null default now();

alter table millrace.run_key alter column at set default millrace.now();

create index run_key_at on millrace.run_key (at);

alter table millrace.delivery drop constraint delivery_group_id_fkey;

-- What keeps a run.
create index run_rerun_of on millrace.run (rerun_of) where rerun_of is not null;

create index trigger_group_owed on millrace.trigger_group (owed_run_id)
  where owed_run_id is not null;

/** What is judged when a run moves, or takes a place at a limit. */
export const RUN_TRIGGERS = `
create or replace function witness.run_moved() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.state <> old.state then
    insert into witness.history (kind, subject, state) values ('run', new.id, new.state);
  end if;
  if tg_op = 'INSERT' then return null; end if;
  if witness.ended(old.state) and (new.state, new.ended_at, new.result, new.reason)
    is distinct from (old.state, old.ended_at, old.result, old.reason) then
    perform witness.report('I4', format('run %s had %s, and was changed to %s', new.id, old.state,
      new.state));
  end if;
  if new.state = 'queued' and old.state <> 'queued' then
    perform witness.report('I4', format('run %s was %s, and is queued again', new.id, old.state));
  end if;
  return null;
end $$;

create or replace function witness.run_settled() returns trigger language plpgsql as $$
begin
  perform witness.judge_run(new.id);
  if witness.ended(new.state) and (tg_op = 'INSERT' or not witness.ended(old.state)) and not exists (
    select from millrace.fact_pending f where f.kind = 'run' and f.id = new.id
  ) then
    perform witness.report('I1', format('run %s has %s, and is in no outbox', new.id, new.state));
  end if;
  if tg_op = 'INSERT' then return null; end if;
  if new.paused_at is distinct from old.paused_at
    and not witness.audited(new.id, '{pause,resume}') then
    perform witness.report('I25', format('run %s was paused or resumed, and nobody is on record for it',
      new.id));
  end if;
  if new.version_id <> old.version_id and not witness.audited(new.id, '{move}') then
    perform witness.report('I11', format('run %s went from version %s to %s, and nobody is on record',
      new.id, old.version_id, new.version_id));
  end if;
  if new.cancel_requested_at is null and old.cancel_requested_at is not null then
    perform witness.report('I22', format('run %s is cancelled no more', new.id));
  end if;
  return null;
end $$;

-- Under the locks of their limits, runs begin one after the other: each must have had room.
create or replace function witness.run_began() returns trigger language plpgsql as $$
declare
  full_at text;
begin
  select string_agg(l.what, ', ') into full_at from (
    select format('%s of %s of pipeline %s', a.n, p.max_active_runs, p.name) as what
    from millrace.pipeline p, lateral (
      select count(*) as n from millrace.run_active a where a.pipeline_id = p.id
    ) a where p.id = new.pipeline_id and a.n > p.max_active_runs
    union all
    select format('%s of %s with key %s', a.n, v.spec #>> '{concurrency,limit}', new.concurrency_key)
    from millrace.run r join millrace.pipeline_version v on v.id = r.version_id, lateral (
      select count(*) as n from millrace.run_active a
      where a.pipeline_id = new.pipeline_id and a.concurrency_key = new.concurrency_key
    ) a where r.id = new.run_id and new.concurrency_key is not null
      and a.n > (v.spec #>> '{concurrency,limit}')::int
    union all
    select format('%s of %s in namespace %s', a.n, l.slots, l.name)
    from millrace.run_limit l, lateral (
      select count(*) as n from millrace.run_active a
      join millrace.pipeline p on p.id = a.pipeline_id where p.namespace = l.name
    ) a where l.kind = 'namespace' and l.by_hand is null and a.n > l.slots
      and l.name = (select p.namespace from millrace.pipeline p where p.id = new.pipeline_id)
  ) l;
  if full_at is not null then
    perform witness.report('I20', format('run %s began without room: %s', new.run_id, full_at));
  end if;
  return null;
end $$;

-- Whoever gives slots away holds their limit. A limit that was changed in this transaction is
-- given to what runs already, whether or not there is room.
create or replace function witness.slot_given() returns trigger language plpgsql as $$
declare
  l record;
begin
  select k.*, k.xmin = pg_current_xact_id()::xid as is_changed, (
    select coalesce(sum(s.slots), 0) from millrace.limit_slot s
    left join millrace.task_run t on k.per_ms is not null and t.id = s.task_run_id
      and t.attempt = s.attempt and t.state = 'running'
    where s.limit_id = k.id and coalesce(s.until,
      t.started_at + k.per_ms * interval '1 millisecond', 'infinity') > millrace.now()
  ) as taken
  into l from millrace.task_limit k where k.id = new.limit_id;
  if l.taken > l.slots and not l.is_changed then
    perform witness.report('I20', format('task run %s got slots of %s %s: %s of %s are taken',
      new.task_run_id, l.kind, l.name, l.taken, l.slots));
  end if;
  return null;
end $$;

drop trigger if exists witness_moved on millrace.run;
drop trigger if exists witness_settled on millrace.run;
drop trigger if exists witness_began on millrace.run_active;
drop trigger if exists witness_touched on millrace.run_active;
drop trigger if exists witness_touched on millrace.run_queued;
drop trigger if exists witness_given on millrace.limit_slot;

create trigger witness_moved after insert or update on millrace.run
  for each row execute function witness.run_moved();
create constraint trigger witness_settled after insert or update on millrace.run
  deferrable initially deferred for each row execute function witness.run_settled();
create trigger witness_began after insert on millrace.run_active
  for each row execute function witness.run_began();
create trigger witness_given after insert on millrace.limit_slot
  for each row execute function witness.slot_given();

create or replace function witness.run_touched() returns trigger language plpgsql as $$
begin
  perform witness.judge_run(old.run_id);
  return null;
end $$;

create constraint trigger witness_touched after delete on millrace.run_active
  deferrable initially deferred for each row execute function witness.run_touched();
create constraint trigger witness_touched after delete on millrace.run_queued
  deferrable initially deferred for each row execute function witness.run_touched();
`;

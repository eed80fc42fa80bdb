/** What is judged when a task run moves: by itself at once, with its surroundings at commit. */
export const TASK_TRIGGERS = `
-- Whoever begins it has a lease that holds.
create or replace function witness.judge_owner(t millrace.task_run) returns void
language plpgsql as $$
declare
  lease timestamptz;
begin
  select w.lease_until into lease from millrace.worker w where w.session_id = t.session_id;
  if lease < t.started_at then
    perform witness.report('I7', format(
      'task run %s of run %s was claimed by session %s, whose lease had lapsed', t.id, t.run_id,
      t.session_id));
  end if;
end $$;

-- Nothing begins in a run that is cancelled, over or paused, and nothing that was stopped.
create or replace function witness.judge_begin(t millrace.task_run, was_stopped boolean)
returns void language plpgsql as $$
declare
  who text := format('task run %s of run %s', t.id, t.run_id);
  run millrace.run;
begin
  select r.* into run from millrace.run r where r.id = t.run_id;
  if run.cancel_requested_at is not null or run.ended_at is not null or was_stopped then
    perform witness.report('I22', format('%s was claimed, and its run was cancelled, or it was stopped',
      who));
  end if;
  if run.paused_at is not null then
    perform witness.report('I22', format('%s was claimed in a paused run', who));
  end if;
end $$;

create or replace function witness.task_run_moved() returns trigger language plpgsql as $$
declare
  who text := format('task run %s of run %s', new.id, new.run_id);
begin
  insert into witness.history (kind, subject, state, attempt, session_id)
  values ('task_run', new.id, new.state, new.attempt, new.session_id);
  if tg_op = 'INSERT' then
    if new.state = 'running' then perform witness.judge_owner(new); end if;
    return null;
  end if;
  if new.attempt < old.attempt or new.attempt > old.attempt + 1 then
    perform witness.report('I3', format('%s went from fence %s to %s', who, old.attempt, new.attempt));
  end if;
  if old.state = 'running' and new.state in ('queued', 'waiting') and new.attempt <> old.attempt + 1
  then
    perform witness.report('I3', format('%s is %s again, with the fence %s that an owner had', who,
      new.state, new.attempt));
  end if;
  if old.state = 'running' and new.state = 'running' and (new.attempt <> old.attempt
    or new.session_id <> old.session_id) then
    perform witness.report('I3', format('%s went from owner to owner', who));
  end if;
  if old.state in ('queued', 'waiting') and new.state in ('queued', 'waiting', 'running')
    and new.attempt <> old.attempt then
    perform witness.report('I3', format('%s became %s with another fence', who, new.state));
  end if;
  if not witness.ended(old.state) and old.state <> new.state and not (
    (old.state, new.state) in (('queued', 'running'), ('waiting', 'queued'))
    or (old.state = 'running' and new.state in ('queued', 'waiting'))
    or (witness.ended(new.state) and new.state <> 'upstream_failed')
  ) then
    perform witness.report('I4', format('%s went from %s to %s', who, old.state, new.state));
  end if;
  if old.state = 'queued' and new.state = 'succeeded'
    and not witness.audited(new.run_id, '{mark}') and new.session_id is null
    and new.started_at is null then
    perform witness.report('I4', format('%s succeeded without having run', who));
  end if;
  if new.failures not in (old.failures, old.failures + 1)
    or new.crashes not in (old.crashes, old.crashes + 1)
    or (new.failures > old.failures and new.crashes > old.crashes) then
    perform witness.report('I23', format('%s went from %s failures and %s crashes to %s and %s', who,
      old.failures, old.crashes, new.failures, new.crashes));
  end if;
  if old.state = 'queued' and new.state = 'running' then perform witness.judge_owner(new); end if;
  return null;
end $$;

create or replace function witness.task_run_settled() returns trigger language plpgsql as $$
declare
  who text := format('task run %s of run %s', old.id, old.run_id);
  run millrace.run;
begin
  if tg_op = 'DELETE' then
    select r.* into run from millrace.run r where r.id = old.run_id;
    if run.id is not null and run.ended_at is null
      and not witness.audited(old.run_id, '{retry,rerun,clear,mark}') then
      perform witness.report('I25', format('%s was taken away, and nobody is on record for it', who));
    end if;
    return null;
  end if;
  perform witness.judge_task_run(new.id);
  if tg_op = 'INSERT' then
    if new.item = -1 then perform witness.judge_start(new); end if;
    if new.state = 'running' then perform witness.judge_begin(new, false); end if;
    return null;
  end if;
  if witness.ended(old.state) and new.state <> old.state
    and not witness.audited(old.run_id, '{mark}') then
    perform witness.report('I4', format('%s had %s, and became %s', who, old.state, new.state));
  end if;
  if old.state = 'queued' and new.state = 'running' then
    perform witness.judge_begin(new, old.stop_state is not null);
  end if;
  return null;
end $$;

-- The rule of a task, by the outcomes of what it looks at, in the committed state: written down
-- once more, independently of the engine.
create or replace function witness.judge_start(t millrace.task_run) returns void
language plpgsql as $$
declare
  spec jsonb;
  rule text;
  gate jsonb;
  gated record;
  c record;
  holds boolean;
begin
  select v.spec -> 'tasks' -> t.task::int into spec
  from millrace.run r join millrace.pipeline_version v on v.id = r.version_id where r.id = t.run_id;
  if spec is null or witness.audited(t.run_id, '{mark,move}') then return; end if;
  rule := spec ->> 'runIf';
  gate := nullif(spec -> 'when', 'null');
  select count(*) filter (where n.total is null) as open_rows,
    coalesce(sum(n.total), 0) as total, coalesce(sum(n.s), 0) as s, coalesce(sum(n.f), 0) as f,
    coalesce(sum(n.u), 0) as u, coalesce(sum(n.k), 0) as k
  into c
  from (
    select distinct name from (
      select u.value ->> 'task' as name from jsonb_each(spec -> 'needs') u
      union all select spec #>> '{over,task}'
      union all select u.value ->> 'task' from jsonb_array_elements(coalesce(spec -> 'cross', '[]')) u
      union all select gate ->> 'task' where gate ->> 'is' = 'way'
    ) names where name is not null
      and not (gate is not null and gate ->> 'is' <> 'way' and name = gate ->> 'task')
  ) up
  join millrace.run r on r.id = t.run_id join millrace.pipeline_version v on v.id = r.version_id
  join lateral (
    select (e.n - 1)::smallint as task from jsonb_array_elements(v.spec -> 'tasks')
      with ordinality e (task, n) where e.task ->> 'name' = up.name
  ) i on true
  left join millrace.task_run o on o.run_id = t.run_id and o.task = i.task and o.item = -1
  cross join lateral (
    select case when o.item_total > 0 then o.item_total else 1 end as total,
      case when o.item_total > 0 then o.item_done - o.item_failed - coalesce(o.item_skipped, 0)
        else (o.state = 'succeeded')::int end as s,
      case when o.item_total > 0 then o.item_failed + case when witness.ended(o.state)
          then o.item_total - o.item_done else 0 end
        else (o.state in ('failed', 'cancelled'))::int end as f,
      case when o.item_total > 0 then 0 else (o.state = 'upstream_failed')::int end as u,
      case when o.item_total > 0 then coalesce(o.item_skipped, 0) else (o.state = 'skipped')::int end
        as k
  ) n;
  holds := c.total = 0 or rule = 'always' or case rule
    when 'at_least_one_success' then c.s > 0
    when 'at_least_one_failed' then c.f + c.u > 0
    when 'at_least_one_done' then c.s + c.f > 0
    else c.s + c.f + c.u + c.k = c.total and case rule
      when 'all_success' then c.s = c.total
      when 'all_failed' then c.f + c.u = c.total
      when 'all_skipped' then c.k = c.total
      when 'none_failed' then c.f + c.u = 0
      when 'none_failed_min_one_success' then c.f + c.u = 0 and c.s > 0
      when 'none_skipped' then c.k = 0
      else true end
    end;
  if gate is not null then
    select o.state, o.way into gated from millrace.run r
    join millrace.pipeline_version v on v.id = r.version_id
    join lateral (
      select (e.n - 1)::smallint as task from jsonb_array_elements(v.spec -> 'tasks')
        with ordinality e (task, n) where e.task ->> 'name' = gate ->> 'task'
    ) i on true
    join millrace.task_run o on o.run_id = t.run_id and o.task = i.task and o.item = -1
    where r.id = t.run_id;
    holds := holds and coalesce(case gate ->> 'is'
      when 'way' then gated.state = 'succeeded' and gated.way = gate ->> 'way'
      when 'done' then witness.ended(gated.state)
      else witness.ended(gated.state) and gated.state not in ('succeeded', 'skipped') end, false);
  end if;
  if not witness.ended(t.state) and not holds then
    perform witness.report('I19', format('task run %s of run %s (%s) started against its rule %s', t.id,
      t.run_id, spec ->> 'name', rule), to_jsonb(c));
  end if;
  if t.state = 'upstream_failed' and (c.f + c.u = 0 and gate is null) then
    perform witness.report('I19', format('task run %s of run %s (%s) was held back by no failure', t.id,
      t.run_id, spec ->> 'name'), to_jsonb(c));
  end if;
end $$;

drop trigger if exists witness_moved on millrace.task_run;
drop trigger if exists witness_made on millrace.task_run;
drop trigger if exists witness_settled on millrace.task_run;
drop trigger if exists witness_changed on millrace.task_run;

create trigger witness_made after insert on millrace.task_run
  for each row execute function witness.task_run_moved();
create trigger witness_moved after update on millrace.task_run for each row
  when (old.state is distinct from new.state or old.attempt <> new.attempt
    or old.session_id is distinct from new.session_id
    or old.failures <> new.failures or old.crashes <> new.crashes)
  execute function witness.task_run_moved();
create constraint trigger witness_settled after insert or delete on millrace.task_run
  deferrable initially deferred for each row execute function witness.task_run_settled();
create constraint trigger witness_changed after update on millrace.task_run
  deferrable initially deferred for each row execute function witness.task_run_settled();

create or replace function witness.task_run_touched() returns trigger language plpgsql as $$
begin
  perform witness.judge_task_run(case tg_op when 'DELETE' then old.task_run_id else new.task_run_id end);
  return null;
end $$;

drop trigger if exists witness_touched on millrace.ready;
drop trigger if exists witness_touched on millrace.limit_wait;
create constraint trigger witness_touched after insert or delete on millrace.ready
  deferrable initially deferred for each row execute function witness.task_run_touched();
create constraint trigger witness_touched after insert or delete on millrace.limit_wait
  deferrable initially deferred for each row execute function witness.task_run_touched();
`;

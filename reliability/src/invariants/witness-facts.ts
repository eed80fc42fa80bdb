/** What is judged when facts are told, evaluated and delivered. */
export const FACT_TRIGGERS = `
-- What each trigger listens to, written down by its specification and not by the engine's index.
create or replace function witness.listen() returns void language sql as $$
  delete from witness.listener;
  insert into witness.listener (trigger_id, kind, name, ends)
  select distinct t.id, s.source ->> 'type', coalesce(s.source ->> 'dataset', s.source ->> 'pipeline',
    s.source ->> 'event', s.source ->> 'pattern', s.source ->> 'uri'), coalesce(s.source ->> 'on', '')
  from millrace.trigger t, jsonb_path_query(t.spec, 'lax $.condition.**.source') s (source)
  where t.active and jsonb_typeof(s.source) = 'object'
$$;

create or replace function witness.listeners_changed() returns trigger language plpgsql as $$
begin
  perform witness.listen();
  return null;
end $$;

drop trigger if exists witness_listens on millrace.trigger;
drop trigger if exists witness_emptied on millrace.trigger;
create trigger witness_listens after insert or update on millrace.trigger
  for each statement execute function witness.listeners_changed();
create trigger witness_emptied after truncate on millrace.trigger
  for each statement execute function witness.listeners_changed();

-- A name as a pattern of events writes it, as a regular expression.
create or replace function witness.event_regex(pattern text) returns text
language sql immutable as $$
  select '^' || string_agg(case
      when part = '**' and n = 1 then '(?:[^.]+(?:[.]|$))*'
      when part = '**' then '(?:[.][^.]+)*'
      else case when n > 1 and not (n = 2 and first = '**') then '[.]' else '' end || case
        when part = '*' then '[^.]+'
        when part like '{%}' then '(?:' || replace(trim(both '{}' from part), ',', '|') || ')'
        else part end
      end, '' order by n) || '$'
  from (
    select part, n, first_value(part) over (order by n) as first
    from unnest(string_to_array(pattern, '.')) with ordinality p (part, n)
  ) parts
$$;

-- Triggers that must have been told of a fact which has just been evaluated, by exact names.
create or replace function witness.heard(fact_kind text, fact bigint) returns setof bigint
language sql stable as $$
  select l.trigger_id from (
    select 'dataset' as kind, d.namespace || '/' || d.name as name, '' as state, null as namespace
    from millrace.update u join millrace.dataset d on d.id = u.dataset_id
    where fact_kind = 'update' and u.id = fact
    union all
    select 'event', e.name, '', e.namespace from millrace.event e
    where fact_kind = 'event' and e.id = fact
    union all
    select 'pipeline', p.namespace || '/' || p.name, r.state, null
    from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    where fact_kind = 'run' and r.id = fact
  ) f join witness.listener l on (l.kind = f.kind and l.name = f.name)
    or (l.kind = 'events' and f.kind = 'event' and f.name ~ witness.event_regex(l.name))
  join millrace.trigger t on t.id = l.trigger_id
  join millrace.pipeline p on p.id = t.pipeline_id
  where t.active and p.version_id is not null
    and (f.namespace is null or p.namespace = f.namespace)
    and (l.ends in ('', 'completion') or (l.ends = 'success') = (f.state = 'succeeded'))
$$;

create or replace function witness.fact_evaluated() returns trigger language plpgsql as $$
begin
  if exists (select from millrace.fact_pending f where f.kind = old.kind and f.id = old.id) then
    return null;
  end if;
  perform witness.report('I1', format('%s %s was evaluated, and trigger %s was not told of it', old.kind,
    old.id, h.trigger_id))
  from (select distinct trigger_id from witness.heard(old.kind, old.id) h (trigger_id)) h
  where not exists (
    select from millrace.delivery d where d.trigger_id = h.trigger_id
      and d.fact_kind = old.kind and d.fact_id = old.id
  );
  return null;
end $$;

-- A fact is put into the outbox by the transaction that tells it, or that releases it.
create or replace function witness.fact_queued() returns trigger language plpgsql as $$
declare
  is_new boolean;
begin
  if new.kind = 'update' then
    select u.xmin = pg_current_xact_id()::xid into is_new from millrace.update u where u.id = new.id;
  elsif new.kind = 'event' then
    select e.xmin = pg_current_xact_id()::xid into is_new from millrace.event e where e.id = new.id;
  else
    select r.xmin = pg_current_xact_id()::xid into is_new from millrace.run r where r.id = new.id;
  end if;
  if is_new is not true then
    perform witness.report('I2', format('%s %s is to be evaluated once more', new.kind, new.id));
  end if;
  return null;
end $$;

create or replace function witness.fact_told() returns trigger language plpgsql as $$
declare
  fact text := tg_argv[0];
  teller record;
begin
  -- What pruning moves from one place to another was told long ago.
  if new.at < millrace.now() - interval '1 minute' then return null; end if;
  if not exists (select from millrace.fact_pending f where f.kind = fact and f.id = new.id) then
    perform witness.report('I1', format('%s %s was told, and is in no outbox', fact, new.id));
  end if;
  if new.task_run_id is not null then
    select t.state, t.xmin = pg_current_xact_id()::xid as is_now into teller
    from millrace.task_run t where t.id = new.task_run_id;
    if teller.state is distinct from 'succeeded' or not teller.is_now then
      perform witness.report('I3', format('%s %s was told by task run %s, which is %s, and not by its end',
        fact, new.id, new.task_run_id, coalesce(teller.state, 'gone')));
    end if;
  end if;
  return null;
end $$;

create or replace function witness.delivery_moved() returns trigger language plpgsql as $$
begin
  if old.disposition <> 'waiting_for' and (new.disposition, new.run_id)
    is distinct from (old.disposition, old.run_id) then
    perform witness.report('I2', format('%s %s at trigger %s was %s (run %s), and became %s (run %s)',
      new.fact_kind, new.fact_id, new.trigger_id, old.disposition, old.run_id, new.disposition,
      new.run_id));
  end if;
  return null;
end $$;

create or replace function witness.delivery_gone() returns trigger language plpgsql as $$
begin
  if old.at > millrace.now() - interval '1 hour' and not exists (
    select from millrace.fact_pending f where f.kind = old.fact_kind and f.id = old.fact_id
  ) and (
    exists (select from millrace.update u where old.fact_kind = 'update' and u.id = old.fact_id)
    or exists (select from millrace.event e where old.fact_kind = 'event' and e.id = old.fact_id)
    or exists (select from millrace.run r where old.fact_kind = 'run' and r.id = old.fact_id)
  ) then
    perform witness.report('I12', format('%s %s was struck off the ledger of trigger %s (it was %s)',
      old.fact_kind, old.fact_id, old.trigger_id, old.disposition));
  end if;
  return null;
end $$;

create or replace function witness.pending_touched() returns trigger language plpgsql as $$
begin
  perform witness.judge_delivery(old.delivery_id);
  return null;
end $$;

drop trigger if exists witness_evaluated on millrace.fact_pending;
drop trigger if exists witness_queued on millrace.fact_pending;
drop trigger if exists witness_told on millrace.update;
drop trigger if exists witness_told on millrace.event;
drop trigger if exists witness_moved on millrace.delivery;
drop trigger if exists witness_settled on millrace.delivery;
drop trigger if exists witness_gone on millrace.delivery;
drop trigger if exists witness_touched on millrace.delivery_pending;
drop trigger if exists witness_settled on millrace.trigger_group;

create constraint trigger witness_evaluated after delete on millrace.fact_pending
  deferrable initially deferred for each row execute function witness.fact_evaluated();
create constraint trigger witness_queued after insert on millrace.fact_pending
  deferrable initially deferred for each row execute function witness.fact_queued();
create constraint trigger witness_told after insert on millrace.update
  deferrable initially deferred for each row execute function witness.fact_told('update');
create constraint trigger witness_told after insert on millrace.event
  deferrable initially deferred for each row execute function witness.fact_told('event');
create trigger witness_moved after update on millrace.delivery
  for each row execute function witness.delivery_moved();
create constraint trigger witness_settled after insert or update on millrace.delivery
  deferrable initially deferred for each row execute function witness.settle_delivery();
create constraint trigger witness_gone after delete on millrace.delivery
  deferrable initially deferred for each row execute function witness.delivery_gone();
create constraint trigger witness_touched after delete on millrace.delivery_pending
  deferrable initially deferred for each row execute function witness.pending_touched();
create constraint trigger witness_settled after insert or update on millrace.trigger_group
  deferrable initially deferred for each row execute function witness.settle_trigger_group();
`;

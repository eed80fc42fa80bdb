/** Waits, slots of schedules, objects and leases. */
export const OTHER_TRIGGERS = `
drop trigger if exists witness_settled on millrace.step;
create constraint trigger witness_settled after insert or update on millrace.step
  deferrable initially deferred for each row execute function witness.settle_step();

create or replace function witness.step_touched() returns trigger language plpgsql as $$
begin
  perform witness.judge_step(old.step_id);
  return null;
end $$;

drop trigger if exists witness_touched on millrace.step_source;
drop trigger if exists witness_touched on millrace.timer;
drop trigger if exists witness_touched on millrace.check_due;
create constraint trigger witness_touched after delete on millrace.step_source
  deferrable initially deferred for each row execute function witness.step_touched();
create constraint trigger witness_touched after delete on millrace.check_due
  deferrable initially deferred for each row execute function witness.step_touched();
create constraint trigger witness_touched after delete on millrace.timer
  deferrable initially deferred for each row when (old.step_id is not null)
  execute function witness.step_touched();

create or replace function witness.wait_moved() returns trigger language plpgsql as $$
begin
  if old.state <> 'waiting' and (new.value is distinct from old.value
    or new.state = 'waiting' or (old.state = 'closed' and new.state <> 'closed')) then
    perform witness.report('I4', format('wait %s of task run %s was %s, and was answered again', new.id,
      new.task_run_id, old.state));
  end if;
  return null;
end $$;

drop trigger if exists witness_moved on millrace.step;
create trigger witness_moved after update on millrace.step
  for each row execute function witness.wait_moved();

create or replace function witness.slot_moved() returns trigger language plpgsql as $$
begin
  if old.run_id <> 0 and new.run_id <> old.run_id then
    perform witness.report('I10', format('slot %s of trigger %s had run %s, and got run %s', new.slot,
      new.trigger_id, old.run_id, new.run_id));
  end if;
  return null;
end $$;

drop trigger if exists witness_moved on millrace.schedule_fire;
create trigger witness_moved after update on millrace.schedule_fire
  for each row execute function witness.slot_moved();

-- What is known of an object never goes back. Shorter sequencers are padded on the right.
create or replace function witness.object_moved() returns trigger language plpgsql as $$
declare
  before text := lower(old.state ->> 'sequencer');
  after text := lower(new.state ->> 'sequencer');
begin
  if old.state ->> 'via' = 'event' and new.state ->> 'via' = 'event'
    and rpad(after, greatest(length(before), length(after)), '0') collate "C"
      < rpad(before, greatest(length(before), length(after)), '0') collate "C" then
    perform witness.report('I13', format('object %s went from %s back to %s', new.key, before, after));
  end if;
  return null;
end $$;

drop trigger if exists witness_moved on millrace.object_state;
create trigger witness_moved after update on millrace.object_state
  for each row execute function witness.object_moved();

create or replace function witness.lease_moved() returns trigger language plpgsql as $$
begin
  if new.lease_until > old.lease_until and old.lease_until < millrace.now() - interval '1 second' then
    perform witness.report('I7', format('session %s had lapsed at %s, and was renewed', new.session_id,
      old.lease_until));
  end if;
  return null;
end $$;

drop trigger if exists witness_moved on millrace.worker;
create trigger witness_moved after update on millrace.worker
  for each row execute function witness.lease_moved();

-- An owner may leave at any time. Whoever goes by the lease must find it lapsed.
create or replace function witness.session_ended() returns trigger language plpgsql as $$
begin
  if old.lease_until > millrace.now() and current_query() like '%lease_until%' then
    perform witness.report('I7', format('session %s was ended for its lease, which holds until %s',
      old.session_id, old.lease_until));
  end if;
  return null;
end $$;

drop trigger if exists witness_ended on millrace.worker;
create trigger witness_ended after delete on millrace.worker
  for each row execute function witness.session_ended();
`;

const ONE_RUNNING = "select id from millrace.task_run where state = 'running' order by id limit 1";
const ONE_QUEUED =
  "select task_run_id from millrace.ready where attempt = 1 order by task_run_id limit 1";
const ONE_ENDED = "select id from millrace.task_run where state = 'succeeded' order by id limit 1";
const ONE_MAP = "select id from millrace.task_run where item_total is not null order by id limit 1";
const ONE_DONE = "select id from millrace.run where state = 'succeeded' order by id limit 1";
const ONE_ACTIVE = "select run_id from millrace.run_active order by run_id limit 1";
const ONE_CONSUMED =
  "select id from millrace.delivery where disposition = 'started' order by id limit 1";
const ONE_PENDING = "select delivery_id from millrace.delivery_pending order by 1 limit 1";
const ASKER = "select id from millrace.step where wait ->> 'kind' = 'event' limit 1";
const BACKFILL = "select backfill_id from millrace.backfill_item where state = 'running' limit 1";

/** A run like another one, with something else about it. */
const copyOfRun = (which: string, columns: string, values: string): string => `
  insert into millrace.run (pipeline_id, version_id, state, reason, trigger_id, trigger_name, cause,
    partition, params, correlation_id, hop, started_at, ended_at, logical_at${columns && `, ${columns}`})
  select pipeline_id, version_id, state, reason, trigger_id, trigger_name, cause, partition, params,
    correlation_id, hop, started_at, ended_at, logical_at${values && `, ${values}`}
  from millrace.run where id = (${which})`;

/** By the name of a check: how to spoil the database of a busy story so that it must object. */
export const corruptions: Readonly<Record<string, readonly string[]>> = {
  "queued-is-open-once": [`delete from millrace.ready where task_run_id = (${ONE_QUEUED})`],
  "ready-is-queued": [`update millrace.task_run set state = 'waiting' where id = (${ONE_QUEUED})`],
  "running-is-owned": [
    `update millrace.running set session_id = gen_random_uuid() where task_run_id = (${ONE_RUNNING})`,
  ],
  "owned-is-running": [`update millrace.task_run set attempt = 2 where id = (${ONE_RUNNING})`],
  "ready-for-its-version": [
    `update millrace.ready set version = 'latest' where task_run_id = (${ONE_QUEUED})`,
  ],
  "task-of-its-version": [`update millrace.task_run set task = 99 where id = (${ONE_ENDED})`],
  "times-of-tasks-in-order": [
    `update millrace.task_run set ended_at = started_at - interval '1 ms' where id = (${ONE_ENDED})`,
  ],
  "passed-fences-are-recorded": [
    "delete from millrace.attempt where task_run_id = (select task_run_id from millrace.attempt limit 1)",
  ],
  "no-record-beyond-the-fence": [
    `insert into millrace.attempt (task_run_id, attempt, outcome) select id, 1, 'lost' from (${ONE_RUNNING}) t`,
  ],
  "failures-and-crashes-add-up": [
    `update millrace.task_run set crashes = 1 where id = (${ONE_ENDED})`,
  ],
  "retries-are-bounded": [`update millrace.task_run set crashes = 4 where id = (${ONE_ENDED})`],
  "success-has-one-output": [`delete from millrace.output where task_run_id = (${ONE_ENDED})`],
  "items-add-up": [
    `update millrace.task_run set item_done = item_done - 1 where id = (${ONE_MAP})`,
  ],
  "waiting-is-for-something": [`delete from millrace.step where id = (${ASKER})`],
  "cancelled-run-opens-nothing": [
    `update millrace.run set cancel_requested_at = millrace.now() where id =
       (select run_id from millrace.ready limit 1)`,
  ],
  "open-tasks-hold-their-pools": ["delete from millrace.limit_slot"],
  "active-and-queued-runs-are-listed": [
    `delete from millrace.run_active where run_id = (${ONE_ACTIVE})`,
  ],
  "listed-runs-exist": ["update millrace.run_queued set run_id = -run_id"],
  "times-of-runs-in-order": [
    `update millrace.run set started_at = created_at - interval '1 ms' where id = (${ONE_DONE})`,
  ],
  "ended-runs-are-complete": [
    `delete from millrace.task_run where run_id = (${ONE_DONE}) and task = 0`,
  ],
  "outcome-is-that-of-its-last-tasks": [
    `update millrace.run set state = 'failed' where id = (${ONE_DONE})`,
  ],
  "live-runs-have-something-left": [
    `update millrace.task_run set state = 'skipped', session_id = null where run_id = (${ONE_ACTIVE})`,
  ],
  "tasks-at-once-of-a-run": [
    `insert into millrace.task_run (run_id, task, item, state)
     select run_id, 0, i, 'queued' from (${ONE_ACTIVE}) r, generate_series(10, 20) i`,
  ],
  "version-of-its-pipeline": [
    `update millrace.run r set version_id = (select id from millrace.pipeline_version v
       where v.pipeline_id <> r.pipeline_id limit 1) where id = (${ONE_DONE})`,
  ],
  "triggered-runs-consumed-something": [
    `delete from millrace.delivery where id = (${ONE_CONSUMED})`,
  ],
  "scheduled-runs-have-their-slot": ["delete from millrace.schedule_fire"],
  "hops-are-bounded": [`update millrace.run set hop = 65 where id = (${ONE_DONE})`],
  "repeated-runs-are-audited": ["delete from millrace.audit where action = 'retry'"],
  "paused-runs-are-audited": ["delete from millrace.audit where action = 'pause'"],
  "one-repeat-at-a-time": [
    `update millrace.run set retry_of = 1 where id in
       (select run_id from millrace.run_active order by 1 limit 2)`,
  ],
  "a-call-starts-one-run": [
    copyOfRun(
      "select id from millrace.run where parent_step_id is not null limit 1",
      "parent_run_id, parent_step_id",
      "parent_run_id, parent_step_id",
    ),
  ],
  "timed-runs-have-their-timer": ["delete from millrace.timer where kind = 'run_timeout'"],
  "ended-runs-have-no-timer": [
    `insert into millrace.timer (kind, due_at, run_id) select 'retry', millrace.now(), id from (${ONE_DONE}) r`,
  ],
  "what-waits-is-pending": [
    `delete from millrace.delivery_pending where delivery_id = (${ONE_PENDING})`,
  ],
  "what-is-pending-waits": [
    `update millrace.delivery set disposition = 'expired' where id = (${ONE_PENDING})`,
  ],
  "consumed-by-a-run-of-its-trigger": [
    `update millrace.delivery set run_id = (select id from millrace.run where trigger_id is null limit 1)
     where id = (${ONE_CONSUMED})`,
  ],
  "what-starts-nothing-says-why": [
    `update millrace.delivery set disposition = 'dropped', reason = null where id = (${ONE_PENDING})`,
  ],
  "once-in-each-group": [
    "alter table millrace.delivery drop constraint delivery_trigger_id_fact_kind_fact_id_group_id_key",
    `insert into millrace.delivery (trigger_id, fact_kind, fact_id, group_id, position, legs, disposition, run_id)
     select trigger_id, fact_kind, fact_id, group_id, position, legs, disposition, run_id
     from millrace.delivery where id = (${ONE_CONSUMED})`,
  ],
  "one-run-in-each-partition": [
    `insert into millrace.trigger_group (trigger_id, partition, backfill_id)
     select g.trigger_id, g.partition || ' ', null from millrace.trigger_group g
       join millrace.delivery d on d.group_id = g.id where d.id = (${ONE_CONSUMED})`,
    `insert into millrace.delivery (trigger_id, fact_kind, fact_id, group_id, legs, disposition, run_id)
     select d.trigger_id, fact_kind, fact_id, (select max(id) from millrace.trigger_group), legs, disposition, run_id
     from millrace.delivery d where id = (${ONE_CONSUMED})`,
    "drop index millrace.trigger_group_key",
    "update millrace.trigger_group set partition = trim(partition)",
  ],
  "events-stay-in-their-namespace": [
    "update millrace.event set namespace = 'other'",
    `update millrace.delivery set fact_kind = 'event', fact_id = (select max(id) from millrace.event)
     where id = (${ONE_CONSUMED})`,
  ],
  "positions-are-behind-the-next": ["update millrace.trigger_group set next_position = 1"],
  "one-group-for-each-partition": [
    "drop index millrace.trigger_group_key",
    `insert into millrace.trigger_group (trigger_id, partition, backfill_id)
     select trigger_id, partition, backfill_id from millrace.trigger_group limit 1`,
  ],
  "held-groups-have-no-room": [
    `insert into millrace.group_held (group_id, pipeline_id) select p.group_id, t.pipeline_id
     from millrace.delivery_pending p join millrace.delivery d on d.id = p.delivery_id
     join millrace.trigger t on t.id = d.trigger_id limit 1`,
  ],
  "nothing-awaits-evaluation": ["insert into millrace.fact_pending values ('update', 1)"],
  "pending-facts-exist": ["insert into millrace.fact_pending values ('event', -1)"],
  "facts-of-tasks-that-succeeded": [
    `update millrace.task_run set state = 'failed' where id =
       (select max(task_run_id) from millrace.update)`,
  ],
  "one-fact-for-each-key": [
    "alter table millrace.fact_key drop constraint fact_key_pkey",
    `insert into millrace.fact_key (kind, source_type, key, fact_id)
     values ('update', 'api', 'k', 1), ('update', 'api', 'k', 2)`,
  ],
  "one-key-for-each-fact": [
    `insert into millrace.fact_key (kind, source_type, key, fact_id)
     values ('update', 'api', 'k', 1), ('update', 'api', 'l', 1)`,
  ],
  "one-run-for-each-key": ["update millrace.run_key set run_id = 0"],
  "hops-of-facts-are-bounded": ["update millrace.update set hop = 65"],
  "slots-have-their-run": [
    "update millrace.schedule_fire set run_id = (select min(id) from millrace.run)",
  ],
  "one-run-for-each-slot": [
    copyOfRun("select id from millrace.run where cause ->> 'type' = 'schedule' limit 1", "", ""),
  ],
  "schedules-are-armed": ["delete from millrace.timer where kind = 'schedule'"],
  "fresh-datasets-are-watched": ["delete from millrace.timer where kind = 'freshness'"],
  "no-timer-is-overdue": ["update millrace.timer set due_at = millrace.now() - interval '1 hour'"],
  "open-waits-are-of-live-tasks": [
    `update millrace.task_run set state = 'failed' where id =
       (select task_run_id from millrace.step where id = (${ASKER}))`,
  ],
  "open-waits-can-be-answered": [`delete from millrace.step_source where step_id = (${ASKER})`],
  "open-checks-are-asked": [
    `update millrace.step set wait = '{"kind":"check"}' where id = (${ASKER})`,
  ],
  "only-open-waits-listen": [`update millrace.step set state = 'done' where id = (${ASKER})`],
  "times-of-waits-in-order": [
    `update millrace.step set ended_at = millrace.now() where id = (${ASKER})`,
  ],
  "no-run-is-left-that-nobody-waits-for": [
    "update millrace.step set state = 'closed' where wait ->> 'kind' = 'call'",
  ],
  "runs-at-once-of-a-pipeline": [
    `insert into millrace.run_active (run_id, pipeline_id) select -1, pipeline_id
     from millrace.run_active a join millrace.pipeline p on p.id = a.pipeline_id where p.name = 'limited'`,
  ],
  "runs-at-once-of-a-key": [
    `insert into millrace.run_active (run_id, pipeline_id, concurrency_key)
     select -1, pipeline_id, concurrency_key from millrace.run_active where concurrency_key is not null`,
  ],
  "slots-of-a-pool": ["update millrace.limit_slot set slots = 2"],
  "places-in-line-are-of-waiters": ["delete from millrace.limit_wait"],
  "slots-are-held-by-somebody": ["update millrace.limit_slot set attempt = 7"],
  "the-first-in-line-has-no-room": ["delete from millrace.limit_slot"],
  "items-of-backfills-are-settled": [
    `update millrace.run set state = 'failed', ended_at = millrace.now() where backfill_id = (${BACKFILL})`,
  ],
  "items-at-once-of-a-backfill": ["update millrace.backfill_item set state = 'running'"],
  "ended-backfills-are-complete": ["update millrace.backfill set ended_at = millrace.now()"],
  "every-run-has-ended-or-is-kept": [`delete from millrace.step where id = (${ASKER})`],
  "nothing-is-owned-by-the-dead": ["delete from millrace.worker"],
  "what-is-due-goes-on": [
    `update millrace.task_run set due = true where id =
       (select task_run_id from millrace.step where id = (${ASKER}))`,
  ],
  "partitions-count-their-objects": [
    `insert into millrace.partition_ready (dataset_id, partition, ready_era, rule, objects)
     select id, '{}', ready_era, '{}', 1 from millrace.dataset limit 1`,
  ],
  "manifests-know-what-is-there": [
    `insert into millrace.partition_ready (dataset_id, partition, ready_era, rule, listed_count)
     select id, '{}', ready_era, '{}', 1 from millrace.dataset limit 1`,
  ],
};

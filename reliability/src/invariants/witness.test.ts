import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "../../../tests/engine/engine.ts";
import { playBusyStory } from "./healthy-story.ts";
import { installWitness, readWitness } from "./witness.ts";

const RUNNING = "(select id from millrace.task_run where state = 'running' order by id limit 1)";
const READY = "(select task_run_id from millrace.ready order by task_run_id limit 1)";
const ENDED = "(select id from millrace.task_run where state = 'succeeded' order by id limit 1)";
const DONE = "(select id from millrace.run where state = 'succeeded' order by id limit 1)";
const LIVE = "(select run_id from millrace.run_active order by run_id limit 1)";
const STARTED = "(select id from millrace.delivery where disposition = 'started' limit 1)";
const UPDATE = `insert into millrace.update (dataset_id, partition, kind, metadata, source_type,
  source_key, correlation_id, hop, task_run_id) select min(id), '{}', 'changed', 'null', 'api', 'k', 'c', 0`;
const CLAIM = `update millrace.task_run set state = 'running', session_id =
  (select session_id from millrace.worker limit 1), started_at = millrace.now() where id = ${READY}`;
const ASK = `insert into millrace.task_run (run_id, task, state, queued_at)
  select max(r.id), 1, 'queued', millrace.now() from millrace.run r
  join millrace.pipeline p on p.id = r.pipeline_id where p.name = 'plain'`;

/** What a broken engine might do, and as what the witness of its database calls it. */
const BREACHES: readonly (readonly [name: string, invariant: string, sql: string])[] = [
  ["a fence falls", "I3", `update millrace.task_run set attempt = 0 where id = ${RUNNING}`],
  [
    "a lost attempt is queued with the fence that it had",
    "I3",
    `update millrace.task_run set state = 'queued', session_id = null where id = ${RUNNING}`,
  ],
  [
    "another owner takes over what runs",
    "I3",
    `update millrace.task_run set session_id = gen_random_uuid() where id = ${RUNNING}`,
  ],
  ["a claim raises the fence", "I3", `${CLAIM.replace("set", "set attempt = attempt + 1,")}`],
  [
    "a task that was never claimed succeeds",
    "I4",
    `update millrace.task_run set state = 'succeeded', ended_at = millrace.now() where id = ${READY}`,
  ],
  [
    "a second completion overwrites the first",
    "I4",
    `update millrace.task_run set state = 'failed' where id = ${ENDED}`,
  ],
  [
    "a run that has ended gets another result",
    "I4",
    `update millrace.run set result = '1' where id = ${DONE}`,
  ],
  [
    "an answered wait is answered again",
    "I4",
    "update millrace.step set state = 'done', ended_at = now() where state = 'waiting'; " +
      "update millrace.step set value = '2'",
  ],
  [
    "a session with a lapsed lease claims",
    "I7",
    `update millrace.worker set lease_until = '2026-01-01'; ${CLAIM}`,
  ],
  [
    "a lapsed lease is renewed",
    "I7",
    "update millrace.worker set lease_until = '2026-01-01'; update millrace.worker set lease_until = 'infinity'",
  ],
  [
    "a lease that holds is taken for lapsed",
    "I7",
    "delete from millrace.worker where lease_until < '9999-01-01' or lease_until = 'infinity'",
  ],
  [
    "an evaluation swallows a trigger",
    "I1",
    "delete from millrace.fact_pending where kind = 'update'",
  ],
  ["an update is told past the outbox", "I1", `${UPDATE}, null from millrace.dataset`],
  [
    "a run ends past the outbox",
    "I1",
    `update millrace.run set state = 'failed', ended_at = millrace.now() where id = ${LIVE}`,
  ],
  [
    "a fact is put into the outbox once more",
    "I2",
    "insert into millrace.fact_pending (kind, id) select 'update', min(id) from millrace.update",
  ],
  [
    "a consumed fact starts another run",
    "I2",
    `update millrace.delivery set run_id = run_id + 1 where id = ${STARTED}`,
  ],
  [
    "a delivery is struck off the ledger",
    "I12",
    `update millrace.delivery set at = millrace.now() where id = ${STARTED};
     delete from millrace.delivery where id = ${STARTED}`,
  ],
  ["an overtaken attempt announces an update", "I3", `${UPDATE}, ${RUNNING} from millrace.dataset`],
  [
    "a slot of a schedule gets a second run",
    "I10",
    "update millrace.schedule_fire set run_id = run_id + 1",
  ],
  [
    "a run goes on with the newest definition",
    "I11",
    `update millrace.run set version_id = version_id + 1 where id = ${LIVE}`,
  ],
  [
    "an object goes back to an older version",
    "I13",
    `insert into millrace.object_state values (1, 'b', 'k', '{"via": "event", "sequencer": "00B1"}');
     update millrace.object_state set state = '{"via": "event", "sequencer": "00A2FF"}'`,
  ],
  ["a task starts before what it needs", "I19", ASK],
  [
    "a task is held back by no failure",
    "I19",
    ASK.replace("'queued', millrace.now()", "'upstream_failed', null"),
  ],
  [
    "a run begins beyond the limit of its pipeline",
    "I20",
    `insert into millrace.run_active (run_id, pipeline_id) select -1, p.id
     from millrace.pipeline p where p.name = 'limited'`,
  ],
  [
    "a run begins beyond the limit of its key",
    "I20",
    `insert into millrace.run_active (run_id, pipeline_id, concurrency_key)
     select q.run_id, q.pipeline_id, q.concurrency_key from millrace.run_queued q
     where q.concurrency_key is not null`,
  ],
  [
    "a slot is given away twice",
    "I20",
    `insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
     select d.limit_id, d.task_run_id, 1, d.slots from millrace.limit_wanted d`,
  ],
  [
    "a task of a cancelled run is claimed",
    "I22",
    `update millrace.run set cancel_requested_at = millrace.now(); ${CLAIM}`,
  ],
  [
    "a task of a paused run is claimed",
    "I22",
    `update millrace.run set paused_at = millrace.now(); ${CLAIM}`,
  ],
  [
    "a cancel is taken back",
    "I22",
    "update millrace.run set cancel_requested_at = null where cancel_requested_at is not null",
  ],
  [
    "the death of a worker uses up a retry",
    "I23",
    `update millrace.task_run set failures = 1, crashes = 1 where id = ${RUNNING}`,
  ],
  [
    "a run is paused by nobody",
    "I25",
    `update millrace.run set paused_at = now() where id = ${LIVE}`,
  ],
  [
    "tasks of a live run are taken away by nobody",
    "I25",
    `delete from millrace.task_run where id = ${READY}`,
  ],
  ["a ready row is lost", "I7", `delete from millrace.ready where task_run_id = ${READY}`],
  [
    "the owner of what runs is lost",
    "I7",
    `delete from millrace.running where task_run_id = ${RUNNING};
     update millrace.task_run set reason = 'touched' where id = ${RUNNING}`,
  ],
  ["a queued run is lost", "I7", "delete from millrace.run_queued"],
  ["a pending fact is lost", "I12", "delete from millrace.delivery_pending"],
  ["nobody hears of what a task waits for", "I9", "delete from millrace.step_source"],
  ["nobody wakes who sleeps", "I9", "delete from millrace.timer where kind = 'step'"],
];

class Undone extends Error {}

describe.each(["embedded", "server"] as const)("the witness of the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await installWitness(engine.database.db);
    await playBusyStory(engine, async () => {});
  }, 120_000);
  afterAll(() => engine.close());

  /** What it says at the commit of these statements, which is then taken back. */
  const witnessed = async (statements: string): Promise<readonly string[]> => {
    const found: string[] = [];
    const doing = engine.database.db.transaction().execute(async (tx) => {
      for (const statement of statements.split(";")) await sql.raw(statement).execute(tx);
      await sql`set constraints all immediate`.execute(tx);
      const violations = await readWitness(tx);
      found.push(...violations.map(({ invariant, what }) => `${invariant} ${what}`));
      throw new Undone();
    });
    await doing.catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
    return found;
  };

  test("says nothing of what is in order", async () => {
    expect(await witnessed("select 1")).toEqual([]);
    expect(await witnessed("update millrace.pipeline set paused = true")).toEqual([]);
  });

  test.each(BREACHES)("sees that %s, and calls it %s", async (_, invariant, statements) => {
    const found = await witnessed(statements);
    expect(found.map((each) => each.split(" ")[0])).toContain(invariant);
  });
});

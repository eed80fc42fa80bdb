import { type BenchServer, onServer } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { openFinishLoad } from "./finish-load.ts";

const BATCH = 200;

/** What group commit is worth. */
export const finishBatchCase: BenchCase = {
  name: "engine-finish-batched",
  title: "Recording the ends of tasks together, against one by one",
  ratioGoal: 1 / 8,
  prepare: () => onServer(prepareBatch),
};

async function prepareBatch(server: BenchServer): Promise<PreparedCase> {
  const together = await openFinishLoad((await server.database("together")).store);
  const alone = await openFinishLoad((await server.database("alone")).store);
  return {
    load: `${BATCH} ends of tasks, each of a run of its own, in one commit or in ${BATCH}`,
    async before() {
      await together.lay(BATCH);
      await alone.lay(BATCH);
    },
    ours: () => together.finish(BATCH),
    baseline: () => alone.finish(1),
  };
}

const PAST = 10_000_000;
const TASKS_OF_A_RUN = 10;

/** Ending a task must not cost more because of all the tasks that there were. */
export const finishHistoryCase: BenchCase = {
  name: "engine-finish-history",
  title: "Recording the ends of tasks after a long history, against after none",
  ratioGoal: 1.15,
  prepare: (quick) => onServer((server) => prepareHistory(server, quick)),
};

async function prepareHistory(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const past = quick ? 100_000 : PAST;
  const [young, old] = [await server.database("young"), await server.database("old")];
  const [brief, long] = [await openFinishLoad(young.store), await openFinishLoad(old.store)];
  // Of a real run, which the past looks like.
  await long.lay(1);
  await long.finish(1);
  await old.execute(pastRuns(past / TASKS_OF_A_RUN));
  await old.execute(pastTasks(past));
  for (const database of [young, old]) await database.execute("vacuum analyze");
  await old.execute("checkpoint");
  return {
    load: `${past.toLocaleString("en-US")} task runs of the past against none; ${BATCH} ends in one commit`,
    async before() {
      await long.lay(BATCH);
      await brief.lay(BATCH);
    },
    ours: () => long.finish(BATCH),
    baseline: () => brief.finish(BATCH),
    notes: () => ["the past is inserted as rows: runs, their tasks, and an output for each"],
  };
}

function pastRuns(count: number): string {
  return `insert into millrace.run (pipeline_id, version_id, state, trigger_name, cause, partition,
      params, correlation_id, hop, created_at, started_at, ended_at)
    select r.pipeline_id, r.version_id, 'succeeded', r.trigger_name, r.cause, r.partition, r.params,
      r.correlation_id, 0, r.created_at - (${count} - n) * interval '1 second', r.started_at, r.ended_at
    from (select * from millrace.run order by id limit 1) r, generate_series(1, ${count}) n`;
}

function pastTasks(count: number): string {
  return `with past as (
      insert into millrace.task_run (run_id, task, state, queued_at, started_at, begun_at, ended_at)
      select r.id, n, 'succeeded', r.created_at, r.created_at, r.created_at, r.created_at
      from (select id, created_at from millrace.run order by id offset 1) r,
        generate_series(0, ${TASKS_OF_A_RUN - 1}) n limit ${count}
      returning id
    )
    insert into millrace.output (task_run_id, value) select id, 'null' from past`;
}

import { Logger, makeWorkerUtils, run, type Runner, type TaskList } from "graphile-worker";
import pg from "pg";
import { driveQueue, Progress, type QueuePeer } from "./queue-driver.ts";
import { serve } from "./serve.ts";

const CONCURRENCY = 24;
const LOCAL_QUEUE = 500;
const LAID_AT_ONCE = 1_000;
const NOTES = [
  `concurrency ${CONCURRENCY}, a local queue of ${LOCAL_QUEUE}, ends recorded in batches`,
  "it has no DAG: tasks are independent, a task of a chain enqueues the next, and a row of the driver counts those to be joined",
];

declare global {
  namespace GraphileWorker {
    interface Tasks {
      link: { readonly after: number };
      first: { readonly run: number; readonly width: number };
      middle: { readonly run: number };
    }
  }
}

const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

await serve({ name: "graphile-worker", package: "graphile-worker" }, async ({ databaseUrl }) => {
  const progress = new Progress();
  return driveQueue(await openPeer(databaseUrl, progress), progress);
});

async function openPeer(connectionString: string, progress: Progress): Promise<QueuePeer<Runner>> {
  const pool = new pg.Pool({ connectionString, max: 4 });
  await pool.query("create table fan_out (run int primary key, open int not null)");
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const worker = {
    connectionString,
    concurrentJobs: CONCURRENCY,
    maxPoolSize: CONCURRENCY + 2,
    localQueue: { size: LOCAL_QUEUE },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger,
  };
  const taskList = tasksOf(progress);
  let runs = 0;

  return {
    notes: NOTES,
    startWorker: () => run({ preset: { worker }, noHandleSignals: true, taskList }),
    stopWorker: (runner) => runner.stop(),
    async lay(tasks) {
      const jobs = Array.from({ length: tasks }, () => ({
        identifier: "link" as const,
        payload: { after: 0 },
      }));
      while (jobs.length > 0) await utils.addJobs(jobs.splice(0, LAID_AT_ONCE));
      return tasks;
    },
    chain: (length) => utils.addJob("link", { after: length - 1 }),
    fanOut: (width) => utils.addJob("first", { run: (runs += 1), width }),
    only: () => utils.addJob("link", { after: 0 }),
    // What has ended is deleted.
    async isIdle() {
      const left = await pool.query("select 1 from graphile_worker._private_jobs limit 1");
      return left.rowCount === 0;
    },
    close: () => Promise.all([utils.release(), pool.end()]),
  };
}

function tasksOf(progress: Progress): TaskList {
  return {
    async link({ after }, helpers) {
      progress.begin();
      if (after > 0) await helpers.addJob("link", { after: after - 1 });
      else progress.end();
    },
    async first({ run, width }, helpers) {
      await helpers.query("insert into fan_out values ($1, $2)", [run, width]);
      const middle = { identifier: "middle" as const, payload: { run } };
      await helpers.addJobs(Array.from({ length: width }, () => middle));
    },
    async middle({ run }, helpers) {
      const { rows } = await helpers.query<{ open: number }>(
        "update fan_out set open = open - 1 where run = $1 returning open",
        [run],
      );
      if (rows[0]?.open === 0) await helpers.addJob("link", { after: 0 });
    },
  };
}

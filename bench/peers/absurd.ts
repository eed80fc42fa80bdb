import { readFileSync } from "node:fs";
import { Absurd, type TaskContext } from "absurd-sdk";
import pg from "pg";
import { driveQueue, Progress, type QueuePeer } from "./queue-driver.ts";
import { serve } from "./serve.ts";
import { times } from "./waiting.ts";

const SCHEMA = new URL("absurd/absurd-0.5.0.sql", import.meta.url);
const QUEUE = "peer";
const CONCURRENCY = 50;
const POOL_SIZE = 20;
const POLL_MS = 10;
const MIDDLE = 8;
const LAID_AT_ONCE = 20;
const NOTES = [
  `concurrency ${CONCURRENCY}, ${POOL_SIZE} connections, a poll every ${POLL_MS} ms when there is nothing to do (250 ms by default)`,
  "a task is a step, recorded when it ends; the steps of a run stay in one process, and none is dispatched",
];

await serve({ name: "absurd", package: "absurd-sdk" }, async ({ databaseUrl }) => {
  const progress = new Progress();
  return driveQueue(await openPeer(databaseUrl, progress), progress);
});

type Worker = Awaited<ReturnType<Absurd["startWorker"]>>;

async function openPeer(databaseUrl: string, progress: Progress): Promise<QueuePeer<Worker>> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  await pool.query(readFileSync(SCHEMA, "utf8"));
  const app = new Absurd({ db: pool, queueName: QUEUE });
  await app.createQueue();

  const task = () => Promise.resolve(progress.begin());
  const fanOut = async ({ width }: { width: number }, context: TaskContext): Promise<void> => {
    await context.step("first", task);
    await Promise.all(
      Array.from({ length: width }, (_, place) => context.step(`middle-${place}`, task)),
    );
    await context.step("last", task);
    progress.end();
  };
  const chain = async ({ length }: { length: number }, context: TaskContext): Promise<void> => {
    for (let place = 0; place < length; place += 1) await context.step(`t${place}`, task);
    progress.end();
  };
  app.registerTask({ name: "fan-out" }, fanOut);
  app.registerTask({ name: "chain" }, chain);
  const open = `select 1 from absurd.t_${QUEUE} where state <> 'completed' limit 1`;

  return {
    notes: NOTES,
    startWorker: () => app.startWorker({ concurrency: CONCURRENCY, pollInterval: POLL_MS / 1_000 }),
    stopWorker: (worker) => worker.close(),
    async lay(tasks) {
      const runs = tasks / (MIDDLE + 2);
      await times(runs, LAID_AT_ONCE, () => app.spawn("fan-out", { width: MIDDLE }));
      return runs;
    },
    chain: (length) => app.spawn("chain", { length }),
    fanOut: (width) => app.spawn("fan-out", { width }),
    only: () => app.spawn("chain", { length: 1 }),
    isIdle: async () => (await pool.query(open)).rowCount === 0,
    close: () => pool.end(),
  };
}

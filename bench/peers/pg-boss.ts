import pg from "pg";
import { type Job, PgBoss } from "pg-boss";
import { driveQueue, Progress, type QueuePeer } from "./queue-driver.ts";
import { serve } from "./serve.ts";

const QUEUE = "peer";
const BATCH = 500;
const FETCHERS = 2;
const LAID_AT_ONCE = 1_000;
const WORK_OPTIONS = {
  batchSize: BATCH,
  localConcurrency: FETCHERS,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
};
const NOTES = [
  `notify, a poll every 500 ms besides (its minimum), ${FETCHERS} fetchers with batches of ${BATCH}, at once again after a full one; a batch ends or fails as one`,
  "its flows release what comes next once a second at most, and are not used: tasks are independent, a task of a chain enqueues the next, and a row of the driver counts those to be joined",
];

type Work =
  /** So many come after it, one after the other. */
  | { readonly do: "link"; readonly after: number }
  | { readonly do: "first"; readonly run: number; readonly width: number }
  | { readonly do: "middle"; readonly run: number };

await serve({ name: "pg-boss", package: "pg-boss" }, async ({ databaseUrl }) => {
  const progress = new Progress();
  return driveQueue(await openPeer(databaseUrl, progress), progress);
});

async function openPeer(connectionString: string, progress: Progress): Promise<QueuePeer<string>> {
  const pool = new pg.Pool({ connectionString, max: 4 });
  await pool.query("create table fan_out (run int primary key, open int not null)");
  const boss = new PgBoss({ connectionString, useListenNotify: true, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });

  const send = (work: Work) => boss.send(QUEUE, work);
  const insert = async (work: Work, count: number): Promise<void> => {
    const jobs = Array.from({ length: count }, () => ({ data: work }));
    while (jobs.length > 0) await boss.insert(QUEUE, jobs.splice(0, LAID_AT_ONCE));
  };
  const handle = async ({ data }: Job<Work>): Promise<void> => {
    if (data.do === "middle") return;
    if (data.do === "first") {
      await pool.query("insert into fan_out values ($1, $2)", [data.run, data.width]);
      await insert({ do: "middle", run: data.run }, data.width);
    } else if (data.after > 0) await send({ do: "link", after: data.after - 1 });
    else progress.end();
  };
  /** Those of a batch are counted in one statement: they are all of one run. */
  const join = async (jobs: readonly Job<Work>[]): Promise<void> => {
    const ended = jobs.map(({ data }) => data).filter((data) => data.do === "middle");
    if (ended[0] === undefined) return;
    const { rows } = await pool.query<{ open: number }>(
      "update fan_out set open = open - $2 where run = $1 returning open",
      [ended[0].run, ended.length],
    );
    if (rows[0]?.open === 0) await send({ do: "link", after: 0 });
  };
  const open = "select 1 from pgboss.job where name = $1 and state < 'completed' limit 1";
  let runs = 0;

  return {
    notes: NOTES,
    startWorker: () =>
      boss.work<Work>(QUEUE, WORK_OPTIONS, async (jobs) => {
        progress.begin();
        await Promise.all([...jobs.map(handle), join(jobs)]);
      }),
    stopWorker: () => boss.offWork(QUEUE),
    async lay(tasks) {
      await insert({ do: "link", after: 0 }, tasks);
      return tasks;
    },
    chain: (length) => send({ do: "link", after: length - 1 }),
    fanOut: (width) => send({ do: "first", run: (runs += 1), width }),
    only: () => send({ do: "link", after: 0 }),
    isIdle: async () => (await pool.query(open, [QUEUE])).rowCount === 0,
    close: () => Promise.all([boss.stop({ graceful: false }), pool.end()]),
  };
}

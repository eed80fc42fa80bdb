import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { diamondOfTen, openDagLoad } from "./dag-load.ts";
import { openRawJobs } from "./raw-jobs.ts";

const TASKS = 10;
const SLOTS = 200;

/** Tasks that do nothing: what the engine costs, beside the queue that everybody knows. */
export const throughputCase: BenchCase = {
  name: "engine-throughput",
  title: "A task that does nothing, in runs of ten, against a job of BullMQ that does nothing",
  ratioGoal: 1,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const jobs = quick ? 4_000 : 20_000;
  const redis = await startBenchRedis();
  const raw = openRawJobs(redis.url);
  const database = await server.database("throughput");
  const options = { database, redisUrl: redis.url, slots: SLOTS };
  const load = await openDagLoad({ ...options, definition: diamondOfTen });
  return {
    load: `${jobs.toLocaleString("en-US")} of each, laid up beforehand; one process, ${SLOTS} slots against a concurrency of 50; all commits durable`,
    rounds: quick ? 3 : 5,
    async before() {
      await raw.lay(jobs);
      await load.lay(jobs / TASKS);
    },
    ours: () => load.work(),
    baseline: () => raw.work(),
    notes: () => ["a ratio of 1 is as many tasks a second as BullMQ alone has jobs"],
    async close() {
      await load.close();
      await raw.close();
      await redis.stop();
    },
  };
}

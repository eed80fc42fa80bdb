import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { fanOutOf, openDagLoad } from "./dag-load.ts";
import { openRawJobs } from "./raw-jobs.ts";

const SLOTS = 200;

/** One task, many after it, and one after those. */
export const fanOutCase: BenchCase = {
  name: "engine-fan-out",
  title:
    "A run that fans out to a thousand tasks and joins them, against a thousand jobs of BullMQ",
  ratioGoal: 1,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const width = 1_000;
  const redis = await startBenchRedis();
  const raw = openRawJobs(redis.url);
  const database = await server.database("fan_out");
  const options = { database, redisUrl: redis.url, slots: SLOTS };
  const load = await openDagLoad({ ...options, definition: fanOutOf(width) });
  return {
    load: `${width.toLocaleString("en-US")} tasks that do nothing between two others; one process, ${SLOTS} slots`,
    rounds: quick ? 5 : 20,
    before: () => raw.lay(width),
    ours: () => load.turn(),
    baseline: () => raw.work(),
    async close() {
      await load.close();
      await raw.close();
      await redis.stop();
    },
  };
}

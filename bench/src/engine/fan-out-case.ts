import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { fanOutOf, openDagLoad } from "./dag-load.ts";
import { openRawJobs } from "./raw-jobs.ts";

const SLOTS = 200;

/** One task, many after it, and one after those. */
export const fanOutCase: BenchCase = {
  ...fanOutCaseOf(1_000),
  name: "engine-fan-out",
  ratioGoal: 1,
  isQuick: true,
};

/** The same in small and in large. */
export const fanOutCases: readonly BenchCase[] = [fanOutCaseOf(100), fanOutCaseOf(10_000)];

function fanOutCaseOf(width: number): BenchCase {
  const count = width.toLocaleString("en-US");
  return {
    name: `engine-fan-out-${width}`,
    title: `A run that fans out to ${count} tasks and joins them, against ${count} jobs of BullMQ`,
    ratioGoal: null,
    prepare: (quick) => onServer((server) => prepare(server, width, quick)),
  };
}

async function prepare(server: BenchServer, width: number, quick: boolean): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const raw = openRawJobs(redis.url);
  const database = await server.database("fan_out");
  const options = { database, redisUrl: redis.url, slots: SLOTS };
  const load = await openDagLoad({ ...options, definition: fanOutOf(width) });
  return {
    load: `${width.toLocaleString("en-US")} tasks that do nothing between two others; one process, ${SLOTS} slots`,
    rounds: quick || width > 1_000 ? 5 : 20,
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

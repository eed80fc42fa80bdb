import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { crossingTen, type DagLoadOptions, diamondOfTen, openDagLoad } from "./dag-load.ts";
import { openRawJobs } from "./raw-jobs.ts";

const TASKS = 10;
const SLOTS = 200;

/** Tasks that do nothing: what the engine costs, beside the queue that everybody knows. */
export const throughputCase: BenchCase = {
  name: "engine-throughput",
  title: "A task that does nothing, in runs of ten, against a job of BullMQ that does nothing",
  ratioGoal: 1,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick, WHOLE)),
};

/** The same when no worker may go on with what its commit has made ready. */
export const crossingCase: BenchCase = {
  name: "engine-crossing",
  title: "The same, where every task is ready for another worker than the one before it",
  ratioGoal: 1.25,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick, CROSSING)),
};

type Kind = Pick<DagLoadOptions, "definition" | "slots" | "queues">;

const WHOLE: Kind = { definition: diamondOfTen, slots: SLOTS };
const CROSSING: Kind = { definition: crossingTen, slots: SLOTS / 2, queues: ["left", "right"] };

async function prepare(server: BenchServer, quick: boolean, kind: Kind): Promise<PreparedCase> {
  const jobs = quick ? 4_000 : 20_000;
  const redis = await startBenchRedis();
  const raw = openRawJobs(redis.url);
  const database = await server.database("throughput");
  const load = await openDagLoad({ database, redisUrl: redis.url, ...kind });
  return {
    load: `${jobs.toLocaleString("en-US")} of each, laid up beforehand; one process, ${SLOTS} slots against a concurrency of 50; all commits durable`,
    rounds: quick ? 3 : 5,
    async before() {
      await raw.lay(jobs);
      await load.lay(jobs / TASKS);
    },
    ours: () => load.work(),
    baseline: () => raw.work(),
    notes: () => [
      "a ratio of 1 is as many tasks a second as BullMQ alone has jobs",
      ...(kind.queues === undefined
        ? []
        : ["two workers in the process, with half of the slots each"]),
    ],
    async close() {
      await load.close();
      await raw.close();
      await redis.stop();
    },
  };
}

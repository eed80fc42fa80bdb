import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchDatabase, openBenchServer, startBenchRedis } from "../bench-server.ts";
import type { Counted, CountCase } from "../harness.ts";
import { quantile } from "../timing.ts";
import { diamondOfTen, openDagLoad } from "./dag-load.ts";
import { forkWorker } from "./fork-worker.ts";
import { untilNoneActive } from "./none-active.ts";

const SLOTS = 50;
const TASKS_OF_A_RUN = 10;
/** Long enough for what starting leaves behind. */
const REST_MS = 2_000;
const STARTS = 5;

/** What a restart costs, and how soon more workers help. */
export const workerStartCase: CountCase = {
  name: "engine-worker-start",
  title: "From starting a process to its worker being ready for work",
  unit: "ms",
  goal: { atMost: 500 },
  isQuick: true,
  count: () => withWorkers(countStart),
};

/** What a worker takes before it has done anything. */
export const workerMemoryCase: CountCase = {
  name: "engine-worker-memory",
  title: "Resident memory of a worker's process at rest",
  unit: "MB",
  goal: null,
  isQuick: true,
  count: () => withWorkers(countAtRest),
};

/** What a worker takes when it has worked for a while. */
export const workerMemoryAfterCase: CountCase = {
  name: "engine-worker-memory-worked",
  title: "Resident memory of a worker's process after 10,000 tasks",
  unit: "MB",
  goal: null,
  count: (quick) => withWorkers((workers) => countAfter(workers, quick ? 1_000 : 10_000)),
};

interface Workers {
  readonly database: BenchDatabase;
  readonly redisUrl: string;
  /** Resolves when it is ready. */
  readonly start: () => Promise<ChildProcess>;
}

/** A server, and workers in processes of their own, none of which stays. */
async function withWorkers(count: (workers: Workers) => Promise<Counted>): Promise<Counted> {
  const server = await openBenchServer();
  const redis = await startBenchRedis();
  const children: ChildProcess[] = [];
  try {
    const database = await server.database("workers");
    const options = { databaseUrl: database.url, redisUrl: redis.url, slots: SLOTS };
    return await count({
      ...{ database, redisUrl: redis.url },
      async start() {
        const child = forkWorker({ ...options, load: diamondOfTen.spec.name });
        children.push(child);
        await once(child, "message");
        child.send("go");
        await once(child, "message");
        return child;
      },
    });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await redis.stop();
    await server.stop();
  }
}

async function countStart({ start }: Workers): Promise<Counted> {
  const tookMs: number[] = [];
  for (let started = 0; started < STARTS; started += 1) {
    const startMs = performance.now();
    const child = await start();
    tookMs.push(performance.now() - startMs);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  return {
    value: quantile(tookMs, 0.5),
    load: `${STARTS} processes one after the other; the median`,
    notes: [
      `the slowest took ${Math.round(Math.max(...tookMs))} ms`,
      "holds the start of Node, which runs the sources as they are, and the look at the schema",
    ],
  };
}

async function countAtRest({ start }: Workers): Promise<Counted> {
  const child = await start();
  await sleep(REST_MS);
  return {
    value: await residentMb(child),
    load: `${SLOTS} slots, ${REST_MS / 1_000} s after it was ready`,
    notes: [],
  };
}

async function countAfter({ database, redisUrl, start }: Workers, tasks: number): Promise<Counted> {
  const load = await openDagLoad({ database, redisUrl, definition: diamondOfTen });
  await load.lay(tasks / TASKS_OF_A_RUN);
  const child = await start();
  await untilNoneActive(database);
  const atOnce = await residentMb(child);
  await sleep(REST_MS);
  return {
    value: await residentMb(child),
    load: `${tasks.toLocaleString("en-US")} tasks that do nothing, ${SLOTS} slots, ${REST_MS / 1_000} s after the last`,
    notes: [`right after the last task it had ${Math.round(atOnce)} MB`],
  };
}

async function residentMb(child: ChildProcess): Promise<number> {
  child.send("memory");
  const [bytes] = await once(child, "message");
  return Number(bytes) / 1_000_000;
}

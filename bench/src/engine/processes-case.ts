import { once } from "node:events";
import type { PipelineDefinition } from "@millrace/core/internal";
import {
  type BenchDatabase,
  type BenchServer,
  onServer,
  startBenchRedis,
} from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { diamondOfTen, openDagLoad, sleepers } from "./dag-load.ts";
import { forkWorker } from "./fork-worker.ts";
import { untilNoneActive } from "./none-active.ts";

const MANY = 4;

/** Tasks that do nothing are bound by Postgres: more processes must not be in each other's way. */
export const processesCase: BenchCase = {
  name: "engine-processes",
  title: `Tasks that do nothing on ${MANY} processes, against on one`,
  ratioGoal: 1 / 0.85,
  prepare: (quick) =>
    onServer((server) =>
      prepare(server, {
        definition: diamondOfTen,
        runs: quick ? 200 : 1_000,
        tasks: 10,
        slots: 50,
      }),
    ),
};

/** Tasks that wait for something else are bound by slots: those of all processes add up. */
export const sleepersCase: BenchCase = {
  name: "engine-processes-waiting",
  title: `Tasks of 50 ms on ${MANY} processes with 50 slots each, against on one`,
  ratioGoal: 1 / 3.5,
  prepare: (quick) =>
    onServer((server) =>
      prepare(server, { definition: sleepers, runs: quick ? 1_000 : 4_000, tasks: 1, slots: 50 }),
    ),
};

interface Load {
  readonly definition: PipelineDefinition;
  readonly runs: number;
  readonly tasks: number;
  readonly slots: number;
}

async function prepare(server: BenchServer, load: Load): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const database = await server.database("processes");
  const laid = await openDagLoad({ ...load, database, redisUrl: redis.url });
  const turn = async (processes: number): Promise<number> => {
    await laid.lay(load.runs);
    return workOff(database, redis.url, load, processes);
  };
  return {
    load: `${(load.runs * load.tasks).toLocaleString("en-US")} tasks in ${load.runs.toLocaleString("en-US")} runs, laid up beforehand; ${load.slots} slots a process`,
    rounds: 3,
    ours: () => turn(MANY),
    baseline: () => turn(1),
    close: () => redis.stop(),
  };
}

/** Milliseconds from the word to go until no run is active. */
async function workOff(
  database: BenchDatabase,
  redisUrl: string,
  { definition, slots }: Load,
  processes: number,
): Promise<number> {
  const options = { databaseUrl: database.url, redisUrl, slots, load: definition.spec.name };
  const children = Array.from({ length: processes }, () => forkWorker(options));
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    const startMs = performance.now();
    for (const child of children) child.send("go");
    await untilNoneActive(database);
    return performance.now() - startMs;
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

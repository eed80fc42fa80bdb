import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { openCommits } from "./commits.ts";
import { chainOf, diamondOfFour, openDagLoad } from "./dag-load.ts";
import type { PipelineDefinition } from "@millrace/core/internal";

const LENGTH = 10;

/** What one task after the other takes: nothing but commits, if all goes well. */
export const chainCase: BenchCase = {
  name: "engine-chain",
  title: "A run of ten tasks one after the other, against ten durable commits",
  ratioGoal: 3,
  isQuick: true,
  prepare: (quick) =>
    onServer((server) =>
      prepare(server, { definition: chainOf(LENGTH), tasks: LENGTH, rounds: quick ? 30 : 200 }),
    ),
};

const FOUR = 4;

/** The smallest run that has tasks beside each other. */
export const diamondCase: BenchCase = {
  name: "engine-diamond",
  title: "A run of four tasks, two of them beside each other, against four durable commits",
  ratioGoal: null,
  prepare: (quick) =>
    onServer((server) =>
      prepare(server, { definition: diamondOfFour, tasks: FOUR, rounds: quick ? 30 : 200 }),
    ),
};

interface Turns {
  readonly definition: PipelineDefinition;
  /** Of one run, and commits beside them. */
  readonly tasks: number;
  readonly rounds: number;
}

async function prepare(
  server: BenchServer,
  { definition, tasks, rounds }: Turns,
): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const database = await server.database("turns");
  const commits = await openCommits(database.url);
  const load = await openDagLoad({ database, redisUrl: redis.url, definition });
  return {
    load: `one run at a time, ${tasks} tasks that do nothing`,
    rounds,
    ours: () => load.turn(),
    baseline: () => commits.make(tasks),
    notes: () => ["ours is from the call that starts the run until its end is committed and seen"],
    async close() {
      await load.close();
      await commits.close();
      await redis.stop();
    },
  };
}

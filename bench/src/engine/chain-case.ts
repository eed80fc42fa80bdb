import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { openCommits } from "./commits.ts";
import { chainOf, openDagLoad } from "./dag-load.ts";

const LENGTH = 10;

/** What one task after the other takes: nothing but commits, if all goes well. */
export const chainCase: BenchCase = {
  name: "engine-chain",
  title: "A run of ten tasks one after the other, against ten durable commits",
  ratioGoal: 3,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const database = await server.database("chain");
  const commits = await openCommits(database.url);
  const options = { database, redisUrl: redis.url };
  const load = await openDagLoad({ ...options, definition: chainOf(LENGTH) });
  return {
    load: `one run at a time, ${LENGTH} tasks that do nothing`,
    rounds: quick ? 30 : 200,
    ours: () => load.turn(),
    baseline: () => commits.make(LENGTH),
    notes: () => ["ours is from the call that starts the run until its end is committed and seen"],
    async close() {
      await load.close();
      await commits.close();
      await redis.stop();
    },
  };
}

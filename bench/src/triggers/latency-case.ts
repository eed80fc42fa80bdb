import type { BenchCase, PreparedCase } from "../harness.ts";
import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import { startConsumer } from "./consumer.ts";
import { openFloor } from "../latency-floor.ts";

/** Who tells of an update, who decides what it starts, and who claims that, each keep something. */
const COMMITS = 3;

/** From the call that tells of an update to the first line of its consumer's first task. */
export const latencyCase: BenchCase = {
  name: "triggers-latency",
  title:
    "From telling of an update to the start of its consumer's first task, against three durable commits and one BullMQ hop",
  ratioGoal: 2,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const database = await server.database("latency");
  const floor = await openFloor({
    databaseUrl: database.url,
    redisUrl: redis.url,
    commits: COMMITS,
  });
  const consumer = await startConsumer(database, redis.url);
  return {
    load: "one update at a time, one worker, BullMQ and Postgres on the same machine, all commits durable",
    rounds: quick ? 20 : 200,
    ours: () => consumer.turn(),
    baseline: () => floor.turn(),
    notes: () => [
      "ours holds the intake, the evaluation and the claim (a commit each), and the bell (one hop)",
    ],
    async close() {
      await consumer.stop();
      await floor.close();
      await redis.stop();
    },
  };
}

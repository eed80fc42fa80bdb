import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "@millrace/core";
import { definitionOf } from "@millrace/core/internal";
import { openProducer } from "../bench-producer.ts";
import { type BenchServer, onServer, startBenchRedis } from "../bench-server.ts";
import { startBenchWorker } from "../bench-worker.ts";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { openFloor } from "../latency-floor.ts";

/** Long enough that nothing of the turn before is still under way. */
const REST_MS = 25;

/** What somebody waits for who starts one run while nothing else happens. */
export const startCase: BenchCase = {
  name: "engine-start",
  title:
    "From the call that starts a run to the start of its task in a worker, against one durable commit and one BullMQ hop",
  ratioGoal: null,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const redis = await startBenchRedis();
  const database = await server.database("start");
  const floor = await openFloor({ databaseUrl: database.url, redisUrl: redis.url, commits: 1 });
  let started = Promise.withResolvers<number>();
  let ended = Promise.withResolvers<void>();
  const onProblem = (error: unknown): void => {
    started.reject(error);
    ended.reject(error);
  };
  const definition = definitionOf(
    pipeline("single", {}, ({ task }) => task("only", () => started.resolve(performance.now()))),
  );
  await database.register({ name: "bench", pipelines: [definition.spec] });
  const shared = { database, redisUrl: redis.url, onProblem };
  const producer = openProducer(shared);
  const worker = await startBenchWorker({
    ...{ ...shared, definition },
    onRunEnded: () => ended.resolve(),
  });
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  return {
    load: `one run of one task at a time, after ${REST_MS} ms of rest`,
    rounds: quick ? 100 : 200,
    before: () => sleep(REST_MS),
    async ours() {
      started = Promise.withResolvers();
      ended = Promise.withResolvers();
      const calledMs = performance.now();
      producer.follow(await producer.store.startRun({ pipeline: "default/single", ...manual }));
      const [startedMs] = await Promise.all([started.promise, ended.promise]);
      await producer.idle();
      return startedMs - calledMs;
    },
    baseline: () => floor.turn(),
    notes: () => ["ours holds the start and the claim (a commit each), and the bell (one hop)"],
    async close() {
      await worker.stop();
      await producer.close();
      await floor.close();
      await redis.stop();
    },
  };
}

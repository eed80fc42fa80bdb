import { dataset, pipeline, updated } from "@millrace/core";
import { definitionOf } from "@millrace/core/internal";
import type { BenchCase, PreparedCase } from "../harness.ts";
import {
  type BenchDatabase,
  type BenchServer,
  onServer,
  startBenchRedis,
  toUpdate,
} from "../bench-server.ts";
import { openProducer } from "../bench-producer.ts";
import { startBenchWorker } from "../bench-worker.ts";
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

interface Consumer {
  /** Milliseconds from the call to the start; resolves when the run has ended. */
  turn(): Promise<number>;
  stop(): Promise<void>;
}

async function startConsumer(database: BenchDatabase, redisUrl: string): Promise<Consumer> {
  let started = Promise.withResolvers<number>();
  let ended = Promise.withResolvers<void>();
  const onProblem = (error: unknown): void => {
    started.reject(error);
    ended.reject(error);
  };
  const watched = dataset("watched", {});
  const consumer = pipeline("consumer", { on: { files: updated(watched) } }, ({ task }) =>
    task("work", () => started.resolve(performance.now())),
  );
  const definition = definitionOf(consumer);
  await database.register({ name: "bench", pipelines: [definition.spec] });
  const producer = openProducer({ database, redisUrl, onProblem });
  const worker = await startBenchWorker({
    database,
    redisUrl,
    definition,
    onRunEnded: () => ended.resolve(),
    onProblem,
  });
  return {
    async turn() {
      started = Promise.withResolvers();
      ended = Promise.withResolvers();
      const toldMs = performance.now();
      producer.follow(await producer.store.recordUpdates([toUpdate("default/watched")]));
      const [startedMs] = await Promise.all([started.promise, ended.promise]);
      await producer.idle();
      return startedMs - toldMs;
    },
    async stop() {
      await worker.stop();
      await producer.close();
    },
  };
}

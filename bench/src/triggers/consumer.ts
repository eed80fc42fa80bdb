import { dataset, pipeline, updated } from "@millrace/core";
import { definitionOf } from "@millrace/core/internal";
import { type BenchDatabase, toUpdate } from "../bench-server.ts";
import { openProducer } from "../bench-producer.ts";
import { startBenchWorker } from "../bench-worker.ts";

export interface Consumer {
  /** Milliseconds from telling of an update to the start; resolves when the run has ended. */
  turn(): Promise<number>;
  stop(): Promise<void>;
}

/** A pipeline that waits for updates of one dataset, and a worker for it. */
export async function startConsumer(database: BenchDatabase, redisUrl: string): Promise<Consumer> {
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

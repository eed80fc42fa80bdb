import { setTimeout as sleep } from "node:timers/promises";
import { all, dataset, pipeline, updated } from "@millrace/core";
import { definitionOf, type PipelineDefinition } from "@millrace/core/internal";
import { openProducer } from "../bench-producer.ts";
import { type BenchServer, openBenchServer, startBenchRedis, toUpdate } from "../bench-server.ts";
import { startBenchWorker } from "../bench-worker.ts";
import { untilNoneActive } from "../engine/none-active.ts";
import type { Counted, CountCase } from "../harness.ts";
import { quantile } from "../timing.ts";

const LEGS = 10;
const PER_SECOND = 1_000;
/** The rate is held when nothing is left to be done so soon after the last update. */
const HELD_MS = 1_000;

/** Updates come when they come, and do not wait for the one before. */
export const compositeCase: CountCase = {
  name: "triggers-composite",
  title: `From the update that completes ${LEGS} datasets to the start of the run that waits for all of them, at ${PER_SECOND.toLocaleString("en-US")} updates a second`,
  unit: "ms",
  goal: null,
  isQuick: true,
  async count(quick) {
    const server = await openBenchServer();
    try {
      return await count(server, quick ? 3 : 10);
    } finally {
      await server.stop();
    }
  },
};

async function count(server: BenchServer, seconds: number): Promise<Counted> {
  const redis = await startBenchRedis();
  const database = await server.database("composite");
  const starts: Start[] = [];
  const failed = Promise.withResolvers<never>();
  const definition = consumerOf((taken) => starts.push({ taken, atMs: performance.now() }));
  await database.register({ name: "bench", pipelines: [definition.spec] });
  const shared = { database, redisUrl: redis.url, onProblem: failed.reject };
  const producer = openProducer(shared);
  const worker = await startBenchWorker({ ...shared, definition, slots: 50, onRunEnded() {} });
  const tell = async (updates: readonly number[]): Promise<void> => {
    const told = updates.map((update) => {
      return { ...toUpdate(`default/part-${update % LEGS}`), metadata: { update } };
    });
    producer.follow(await producer.store.recordUpdates(told));
  };
  const dueMs = await Promise.race([tellAll(seconds * PER_SECOND, tell), failed.promise]);
  await producer.idle();
  await Promise.race([untilNoneActive(database), failed.promise]);
  const behindMs = performance.now() - (dueMs.at(-1) ?? 0);
  await worker.stop();
  await producer.close();
  await redis.stop();
  return toCounted({ starts, dueMs, behindMs });
}

interface Start {
  /** By leg, the updates that the run took. */
  readonly taken: readonly (readonly number[])[];
  readonly atMs: number;
}

function consumerOf(onStart: (taken: Start["taken"]) => void): PipelineDefinition {
  const parts = Array.from({ length: LEGS }, (_, at) => dataset(`part-${at}`, {}));
  const condition = updated(all(...parts));
  return definitionOf(
    pipeline("consumer", { on: { parts: condition } }, ({ task }) =>
      task("work", ({ received }) => {
        onStart(parts.map((part) => received(part).map(({ metadata }) => numberOf(metadata))));
      }),
    ),
  );
}

function numberOf(metadata: unknown): number {
  const isNumbered = typeof metadata === "object" && metadata !== null && "update" in metadata;
  if (!isNumbered) throw new Error("an update has lost its number");
  return Number(metadata.update);
}

/**
 * Tells of updates when they are due, however long the evaluation of others takes: those that have
 * become due during a call go with the next.
 *
 * @returns When each was due.
 */
async function tellAll(
  updates: number,
  tell: (updates: readonly number[]) => Promise<void>,
): Promise<readonly number[]> {
  const startMs = performance.now();
  const dueMs = Array.from({ length: updates }, (_, at) => startMs + (at * 1_000) / PER_SECOND);
  for (let told = 0; told < updates;) {
    const nowMs = performance.now();
    const due: number[] = [];
    while (told < updates && (dueMs[told] ?? 0) <= nowMs) due.push(told++);
    if (due.length > 0) await tell(due);
    else await sleep(1);
  }
  return dueMs;
}

interface Seen {
  readonly starts: readonly Start[];
  readonly dueMs: readonly number[];
  /** From the last update until nothing was left to be done. */
  readonly behindMs: number;
}

function toCounted({ starts, dueMs, behindMs }: Seen): Counted {
  const waitsMs = starts.map(({ taken, atMs }) => {
    // A run takes all that is pending; it could start when each leg had its first.
    const completing = Math.max(...taken.map((updates) => Math.min(...updates)));
    return atMs - (dueMs[completing] ?? atMs);
  });
  const count = (number: number) => number.toLocaleString("en-US");
  return {
    value: quantile(waitsMs, 0.5),
    load: `${count(dueMs.length)} updates, due whether or not those before are done, and told together where several are due; the median of ${count(starts.length)} runs`,
    notes: [
      `p99 ${quantile(waitsMs, 0.99).toFixed(1)} ms`,
      `the rate is ${behindMs <= HELD_MS ? "held" : "not held"}: ${Math.round(behindMs)} ms after the last update nothing is left to be done`,
    ],
  };
}

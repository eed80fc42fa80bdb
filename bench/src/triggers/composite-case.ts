import { setTimeout as sleep } from "node:timers/promises";
import { all, dataset, pipeline, updated } from "@millrace/core";
import { definitionOf, type PipelineDefinition } from "@millrace/core/internal";
import { openProducer } from "../bench-producer.ts";
import { type BenchServer, openBenchServer, startBenchRedis, toUpdate } from "../bench-server.ts";
import { startBenchWorker } from "../bench-worker.ts";
import type { Counted, CountCase } from "../harness.ts";
import { quantile } from "../timing.ts";

const LEGS = 10;
const PER_SECOND = 1_000;
/** The rate is held when all have been taken so soon after the last update. */
const HELD_MS = 1_000;
/** What has not started by then will not. */
const PATIENCE_MS = 30_000;

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
  const groups = (seconds * PER_SECOND) / LEGS;
  const redis = await startBenchRedis();
  const database = await server.database("composite");
  const starts: Start[] = [];
  const failed = Promise.withResolvers<never>();
  const definition = consumerOf((update) => starts.push({ update, atMs: performance.now() }));
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
  const dueMs = await Promise.race([tellAll(groups * LEGS, tell), failed.promise]);
  await Promise.race([untilTaken(starts, dueMs.length - 1), failed.promise]);
  await producer.idle();
  await worker.stop();
  await producer.close();
  await redis.stop();
  return toCounted(starts, dueMs);
}

interface Start {
  /** The latest update that the run took. */
  readonly update: number;
  readonly atMs: number;
}

function consumerOf(onStart: (update: number) => void): PipelineDefinition {
  const parts = Array.from({ length: LEGS }, (_, at) => dataset(`part-${at}`, {}));
  const condition = updated(all(...parts));
  return definitionOf(
    pipeline("consumer", { on: { parts: condition } }, ({ task }) =>
      task("work", ({ received }) => {
        const updates = parts.flatMap((part) => received(part).map(({ metadata }) => metadata));
        onStart(Math.max(...updates.map(numberOf)));
      }),
    ),
  );
}

function numberOf(metadata: unknown): number {
  const isNumbered = typeof metadata === "object" && metadata !== null && "update" in metadata;
  return isNumbered ? Number(metadata.update) : 0;
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

async function untilTaken(starts: readonly Start[], last: number): Promise<void> {
  const latestMs = performance.now() + PATIENCE_MS;
  while (!starts.some(({ update }) => update >= last)) {
    if (performance.now() > latestMs) throw new Error("the last update has started no run");
    await sleep(20);
  }
}

/** A run takes all that is pending: groups that are complete together start one. */
function toCounted(starts: readonly Start[], dueMs: readonly number[]): Counted {
  const inOrder = starts.toSorted((one, other) => one.atMs - other.atMs);
  const waitsMs = dueMs.flatMap((due, update) => {
    if (update % LEGS !== LEGS - 1) return [];
    const taken = inOrder.find((start) => start.update >= update);
    return taken === undefined ? [] : [taken.atMs - due];
  });
  const lastMs = waitsMs.at(-1) ?? Infinity;
  const count = (number: number) => number.toLocaleString("en-US");
  return {
    value: quantile(waitsMs, 0.5),
    load: `${count(dueMs.length)} updates, due whether or not those before are done, and told together where several are due; the median of ${count(waitsMs.length)} groups`,
    notes: [
      `p99 ${quantile(waitsMs, 0.99).toFixed(1)} ms`,
      `the rate is ${lastMs <= HELD_MS ? "held" : "not held"}: the last run starts ${Math.round(lastMs)} ms after the last update`,
      `${count(starts.length)} runs, since one takes all groups that are complete`,
    ],
  };
}

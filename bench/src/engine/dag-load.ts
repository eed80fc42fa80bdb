import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "@millrace/core";
import { definitionOf, type PipelineDefinition } from "@millrace/core/internal";
import type { BenchDatabase } from "../bench-server.ts";
import { type BenchWorker, type BenchWorkerOptions, startBenchWorker } from "../bench-worker.ts";

/** Enough not to be what is measured. */
const PARALLEL_MAX = 100_000;

const ONE_QUEUE = { ends: "default", middle: "default" };

/** A task, so many after it, and one after those. */
function diamondOf(
  width: number,
  queues: { readonly ends: string; readonly middle: string } = ONE_QUEUE,
): PipelineDefinition {
  const { ends: queue } = queues;
  return definitionOf(
    pipeline("diamond", { maxParallelTasks: PARALLEL_MAX }, ({ task }) => {
      const first = task("first", { queue }, () => {});
      const middle = Array.from({ length: width }, (_, place) =>
        task(`middle-${place}`, { needs: { first }, queue: queues.middle }, () => {}),
      );
      const needs = Object.fromEntries(middle.map((each, place) => [`m${place}`, each]));
      task("last", { needs, queue }, () => {});
    }),
  );
}

/** Tasks that do nothing: one, two beside each other, and one. */
export const diamondOfFour: PipelineDefinition = diamondOf(2);

/** Tasks that do nothing: one, eight beside each other, and one. */
export const diamondOfTen: PipelineDefinition = diamondOf(8);

/** The same, where every task is for another queue than those that it needs. */
export const crossingTen: PipelineDefinition = diamondOf(8, { ends: "left", middle: "right" });

/** Each after the one before it. */
export function chainOf(length: number): PipelineDefinition {
  return definitionOf(
    pipeline("chain", { maxParallelTasks: PARALLEL_MAX }, ({ task }) => {
      let before = task("t0", () => {});
      for (let place = 1; place < length; place += 1) {
        before = task(`t${place}`, { needs: { before } }, () => {});
      }
    }),
  );
}

/** One, so many items after it, and one after those. */
export function fanOutOf(width: number): PipelineDefinition {
  return definitionOf(
    pipeline("fan-out", { maxParallelTasks: PARALLEL_MAX }, ({ task, map }) => {
      const list = task("list", () => Array.from({ length: width }, (_, place) => place));
      const each = map("each", { over: list }, () => {});
      task("join", { needs: { each } }, () => {});
    }),
  );
}

/** One task that waits for something else. */
export const sleepers: PipelineDefinition = definitionOf(
  pipeline("sleepers", {}, ({ task }) => task("sleep", () => sleep(50))),
);

export interface DagLoad {
  /** Starts runs, and leaves their first tasks ready. */
  lay(runs: number): Promise<void>;
  /** Milliseconds from the first claim of a worker that comes up until all of them have ended. */
  work(): Promise<number>;
  /** Milliseconds from the call that starts a run until its end, with a worker that is up. */
  turn(): Promise<number>;
  /** Stops the worker that `turn` brought up. */
  close(): Promise<void>;
}

export interface DagLoadOptions extends Pick<BenchWorkerOptions, "redisUrl" | "slots"> {
  readonly database: BenchDatabase;
  readonly definition: PipelineDefinition;
  /** A worker for each of these queues; else one for all. */
  readonly queues?: readonly string[];
}

const LAID_AT_ONCE = 20;

/** Runs of one pipeline, and a worker for them. */
export async function openDagLoad(options: DagLoadOptions): Promise<DagLoad> {
  const { database, definition, queues } = options;
  const { namespace, name } = definition.spec;
  await database.register({ name, pipelines: [definition.spec] });
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  const start = () => database.store.startRun({ pipeline: `${namespace}/${name}`, ...manual });
  let left = 0;
  let firstMs: number | null = null;
  let done = Promise.withResolvers<void>();
  const bringUpOne = (only: Pick<BenchWorkerOptions, "queues">): Promise<BenchWorker> =>
    startBenchWorker({
      ...{ ...options, ...only },
      onClaimed: () => void (firstMs ??= performance.now()),
      onRunEnded() {
        left -= 1;
        if (left === 0) done.resolve();
      },
      onProblem: (error) => done.reject(error),
    });
  const bringUp = () =>
    Promise.all(
      queues === undefined
        ? [bringUpOne({})]
        : queues.map((each) => bringUpOne({ queues: [each] })),
    );
  let workers: readonly BenchWorker[] | null = null;
  const expect = (runs: number): void => {
    left = runs;
    firstMs = null;
    done = Promise.withResolvers();
  };
  return {
    async lay(runs) {
      expect(runs);
      for (let from = 0; from < runs; from += LAID_AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(LAID_AT_ONCE, runs - from) }, start));
      }
    },
    async work() {
      const own = await bringUp();
      await done.promise;
      const endMs = performance.now();
      await Promise.all(own.map((worker) => worker.stop()));
      return endMs - (firstMs ?? endMs);
    },
    async turn() {
      workers ??= await bringUp();
      expect(1);
      const startMs = performance.now();
      workers[0]?.follow(await start());
      await done.promise;
      return performance.now() - startMs;
    },
    async close() {
      await Promise.all((workers ?? []).map((worker) => worker.stop()));
    },
  };
}

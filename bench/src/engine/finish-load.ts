import { randomUUID } from "node:crypto";
import { pipeline } from "@millrace/core";
import { definitionOf, type FinishItem } from "@millrace/core/internal";
import type { Store } from "@millrace/postgres";

const single = definitionOf(pipeline("single", {}, ({ task }) => task("only", () => {})));
const CHANNELS = [{ queue: "default", version: single.version }];
const LAID_AT_ONCE = 20;

export interface FinishLoad {
  /** Starts runs of one task each, and claims them. */
  lay(runs: number): Promise<void>;
  /** Milliseconds of recording the ends of all of them, so many a call, one call after the other. */
  finish(atOnce: number): Promise<number>;
}

/** What a worker does with outcomes, without its handlers. */
export async function openFinishLoad(store: Store): Promise<FinishLoad> {
  await store.register({ name: "bench", build: null, pipelines: [single.spec] });
  const sessionId = randomUUID();
  const host = { host: "bench", pid: process.pid, slots: 1_000, channels: CHANNELS };
  await store.open({ sessionId, ...host, leaseMs: 3_600_000 });
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  const start = () => store.startRun({ pipeline: "default/single", ...manual });
  let claimed: FinishItem[] = [];
  return {
    async lay(runs) {
      for (let from = 0; from < runs; from += LAID_AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(LAID_AT_ONCE, runs - from) }, start));
      }
      const tasks = await store.claimNext(sessionId, CHANNELS, runs);
      if (tasks.length !== runs) throw new Error(`${tasks.length} of ${runs} tasks were ready`);
      const outcome = { type: "succeeded", output: null, updates: [], events: [] } as const;
      claimed = tasks.map(({ taskRunId, runId, attempt }) => {
        return { taskRunId, runId, attempt, outcome, u: 0 };
      });
    },
    async finish(atOnce) {
      const startMs = performance.now();
      for (let from = 0; from < claimed.length; from += atOnce) {
        const { recorded } = await store.finish(claimed.slice(from, from + atOnce));
        if (!recorded.every(Boolean)) throw new Error("a finish was not recorded");
      }
      return performance.now() - startMs;
    },
  };
}

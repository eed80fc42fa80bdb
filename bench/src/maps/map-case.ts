import { randomUUID } from "node:crypto";
import { type ClaimedTask, type PipelineSpec, versionOf } from "@millrace/core/internal";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { type BenchDatabase, type BenchServer, onServer } from "../bench-server.ts";

const SMALL = 100;
/** Tasks that a run has in flight, and that one claim and one finish carry. */
const IN_FLIGHT = 50;

/** Whether an item costs more to complete because there are many others. */
export const mapCase: BenchCase = {
  name: "map-items",
  title: "Completing items of one large map, against those of small ones",
  ratioGoal: 1.5,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const large = quick ? 2_000 : 10_000;
  const database = await server.database("maps");
  await database.register({ name: "bench", pipelines: [SPEC] });
  const sessionId = await openSession(database);
  const samples = 10;
  const heapMiB: number[] = [];
  return {
    load: `${large.toLocaleString("en-US")} items against ${SMALL}, ${IN_FLIGHT} at once`,
    rounds: quick ? 3 : 4,
    before: () => database.execute("vacuum analyze"),
    async ours() {
      const beganMs = performance.now();
      await completeMap(database, sessionId, large, (done) => {
        if (done % 1_000 === 0) heapMiB.push(process.memoryUsage().heapUsed / 2 ** 20);
      });
      return ((performance.now() - beganMs) * SMALL) / large;
    },
    async baseline() {
      const beganMs = performance.now();
      for (let sample = 0; sample < samples; sample++) {
        await completeMap(database, sessionId, SMALL, () => {});
      }
      return (performance.now() - beganMs) / samples;
    },
    notes: () => [
      `times are for ${SMALL} items, from the list to the end of the run`,
      `the heap of the process that claims and finishes had ${range(heapMiB)} MiB, with its garbage`,
    ],
  };
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
}

const TASK = {
  needs: {},
  maxParallel: null,
  when: null,
  runIf: "all_success",
  produces: {},
  consumes: {},
  waitFor: [],
  calls: [],
  retries: { limit: 0, backoff: "fixed", delayMs: 0, maxMs: 0, jitter: false },
  timeoutMs: 600_000,
  queue: "default",
  priority: 0,
} as const;

const SPEC: PipelineSpec = {
  format: 1,
  namespace: "default",
  name: "map",
  partitions: {},
  params: null,
  triggers: {},
  tasks: [
    { ...TASK, name: "list", kind: "task", over: null },
    { ...TASK, name: "each", kind: "map", over: { task: "list", path: [] } },
  ],
  result: null,
  datasets: {},
  events: {},
  maxActiveRuns: null,
  maxParallelTasks: IN_FLIGHT,
};

const CHANNELS = [{ queue: "default", version: versionOf(SPEC) }];

async function openSession({ store }: BenchDatabase): Promise<string> {
  const sessionId = randomUUID();
  const host = { host: "bench", pid: process.pid, slots: IN_FLIGHT, channels: CHANNELS };
  await store.open({ sessionId, ...host, leaseMs: 3_600_000 });
  return sessionId;
}

/** Does what a worker does, without its handlers. */
async function completeMap(
  { store }: BenchDatabase,
  sessionId: string,
  items: number,
  onDone: (done: number) => void,
): Promise<void> {
  const list = Array.from({ length: items }, (_, key) => ({ key }));
  const manual = { params: {}, idempotencyKey: null, correlationId: null };
  const { runId } = await store.startRun({ pipeline: "default/map", partition: {}, ...manual });
  let done = -1;
  let hasEnded = false;
  while (!hasEnded) {
    const claimed = await store.claimNext(sessionId, CHANNELS, IN_FLIGHT);
    if (claimed.length === 0)
      throw new Error(`${done} of ${items} items are done, and none is ready`);
    const { ended } = await store.finish(claimed.map((task) => toFinish(task, list)));
    done += claimed.length;
    onDone(done);
    hasEnded = ended.some((run) => run.runId === runId && run.state === "succeeded");
  }
  if (done !== items) throw new Error(`${items} items should be done, and ${done} are`);
}

function toFinish({ taskRunId, runId, attempt, item }: ClaimedTask, list: readonly object[]) {
  const output = item === null ? (list as never) : item.index;
  const outcome = { type: "succeeded", output, updates: [], events: [] } as const;
  return { taskRunId, runId, attempt, outcome, u: 0 };
}

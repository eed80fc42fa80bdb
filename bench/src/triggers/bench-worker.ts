import type { PipelineDefinition } from "@millrace/core/internal";
import { PostgresLeaseKeeper } from "@millrace/postgres";
import {
  BullmqBellQueue,
  FollowUps,
  readSettings,
  startWorker,
  systemClock,
  type WorkerEvent,
  WORKER_DEFAULTS,
} from "@millrace/worker";
import type { BenchDatabase } from "./bench-server.ts";

export interface BenchWorkerOptions {
  readonly database: BenchDatabase;
  readonly redisUrl: string;
  readonly definition: PipelineDefinition;
  readonly onRunEnded: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** A worker as in production, on a store and a queue of its own. */
export async function startBenchWorker(
  options: BenchWorkerOptions,
): Promise<{ stop(): Promise<void> }> {
  const { database, redisUrl, definition } = options;
  const observe = (event: WorkerEvent): void => {
    if (event.type === "runEnded") options.onRunEnded();
    failOnProblem(event, options.onProblem);
  };
  const store = database.coldStore();
  const queue = new BullmqBellQueue({ url: redisUrl, inHandMax: WORKER_DEFAULTS.slots });
  const shared = { queue, clock: systemClock, observe };
  const followUps = new FollowUps({ ...shared, triggers: store });
  const lease = new PostgresLeaseKeeper({ url: database.url });
  const worker = await startWorker(
    { ...shared, sessions: store, tasks: store, lease, followUps },
    {
      ...WORKER_DEFAULTS,
      definitions: [definition],
      settings: await readSettings([], { environment: {}, readFile: () => Promise.resolve("") }),
      host: "bench",
      pid: process.pid,
    },
  );
  return {
    async stop() {
      await worker.drain({ graceMs: 1_000 });
      await followUps.idle();
      await queue.close();
    },
  };
}

/** What went wrong behind the scenes would be measured as slowness, or waited for without end. */
export function failOnProblem(event: WorkerEvent, fail: (error: unknown) => void): void {
  if (event.type === "problem")
    fail(new Error(`a problem in ${event.where}`, { cause: event.error }));
}

import type { Afterwards, PipelineDefinition } from "@millrace/core/internal";
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
  /** Handlers at once; the default of workers when not given. */
  readonly slots?: number;
  /** Those whose tasks it runs; all of them when not given. */
  readonly queues?: readonly string[];
  /** Seen before the first handler runs. */
  readonly onClaimed?: () => void;
  readonly onRunEnded: () => void;
  readonly onProblem: (error: unknown) => void;
}

export interface BenchWorker {
  /** Does what a commit of another process left to be done. */
  follow(afterwards: Afterwards): void;
  stop(): Promise<void>;
}

/** A worker as in production, on a store and a queue of its own. */
export async function startBenchWorker(options: BenchWorkerOptions): Promise<BenchWorker> {
  const { database, redisUrl, definition, slots = WORKER_DEFAULTS.slots } = options;
  const observe = (event: WorkerEvent): void => {
    if (event.type === "claimed") options.onClaimed?.();
    if (event.type === "runEnded") options.onRunEnded();
    failOnProblem(event, options.onProblem);
  };
  const store = database.coldStore();
  const queue = new BullmqBellQueue({ url: redisUrl, inHandMax: slots });
  const shared = { queue, clock: systemClock, observe };
  const followUps = new FollowUps({ ...shared, triggers: store });
  const lease = new PostgresLeaseKeeper({ url: database.url });
  const worker = await startWorker(
    { ...shared, sessions: store, tasks: store, lease, followUps },
    {
      ...WORKER_DEFAULTS,
      slots,
      queues: options.queues,
      definitions: [definition],
      settings: await readSettings([], { environment: {}, readFile: () => Promise.resolve("") }),
      host: "bench",
      pid: process.pid,
    },
  );
  return {
    follow: (afterwards) => followUps.follow(afterwards),
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

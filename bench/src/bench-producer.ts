import { BullmqBellQueue, FollowUps, systemClock } from "@millrace/worker";
import type { Afterwards } from "@millrace/core/internal";
import type { Store } from "@millrace/postgres";
import type { BenchDatabase } from "./bench-server.ts";
import { failOnProblem } from "./bench-worker.ts";

/** A process that starts runs or tells of updates: it shares nothing with a worker's. */
export interface BenchProducer {
  readonly store: Store;
  /** Does what a commit left to be done. */
  follow(afterwards: Afterwards): void;
  /** Resolves when all of that is done. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface BenchProducerOptions {
  readonly database: BenchDatabase;
  readonly redisUrl: string;
  readonly onProblem: (error: unknown) => void;
}

export function openProducer({
  database,
  redisUrl,
  onProblem,
}: BenchProducerOptions): BenchProducer {
  const { store } = database;
  const queue = new BullmqBellQueue({ url: redisUrl });
  const followUps = new FollowUps({
    queue,
    triggers: store,
    clock: systemClock,
    observe: (event) => failOnProblem(event, onProblem),
  });
  return {
    store,
    follow: (afterwards) => followUps.follow(afterwards),
    idle: () => followUps.idle(),
    async close() {
      await followUps.idle();
      await queue.close();
    },
  };
}

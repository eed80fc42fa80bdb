import type { PrunerSettings } from "@millrace/worker";

/** What a worker process is told at its start, as JSON in its first argument. */
export interface WorkerOrder {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly slots: number;
  readonly scheduler: boolean;
  readonly pruning: Partial<PrunerSettings>;
}

/** What it tells, every second; the first time when it is ready. */
export interface WorkerNews {
  readonly rssMb: number;
  readonly heapMb: number;
}

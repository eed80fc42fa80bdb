import type { Pool, PoolUse } from "../task/pool.ts";
import type { RetryOptions } from "../task/retry-options.ts";

/** What the pipelines of a namespace, and their tasks, get where they say nothing themselves. */
export interface NamespaceDefaults {
  readonly retries?: number | RetryOptions;
  /** Of one attempt. */
  readonly timeout?: string;
  readonly queue?: string;
  readonly priority?: number;
  /** For tasks that do work: not for calls and approvals. */
  readonly pool?: Pool | PoolUse;
  readonly maxActiveRuns?: number;
  readonly maxParallelTasks?: number;
}

/** What all pipelines of a namespace may do together. */
export interface NamespaceLimitOptions {
  /** Their runs at once, 1 to 1,000,000. */
  readonly maxActiveRuns?: number;
  /** Their tasks in flight at once, 1 to 1,000,000. */
  readonly maxParallelTasks?: number;
}

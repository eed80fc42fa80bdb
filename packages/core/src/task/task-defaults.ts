import type { RetrySpec } from "../spec/task-spec.ts";

/** What a task and a pipeline get when nothing is said. */
export const RETRY_DEFAULTS: RetrySpec = {
  limit: 0,
  backoff: "exponential",
  delayMs: 5_000,
  maxMs: 600_000,
  jitter: true,
};

export const TASK_DEFAULTS = {
  runIf: "all_success",
  timeoutMs: 3_600_000,
  queue: "default",
  priority: 0,
} as const;

export const POLL_DEFAULTS = { timeoutMs: null, onTimeout: "fail" } as const;

export const APPROVAL_DEFAULTS = { roles: [], timeoutMs: null, onTimeout: "fail" } as const;

/** How many slots of its pool a task takes. */
export const POOL_SLOTS_DEFAULT = 1;

export const PIPELINE_DEFAULTS = {
  maxActiveRuns: null,
  maxParallelTasks: 5,
  whenActive: "queue",
  onMissingVersion: "wait",
} as const;

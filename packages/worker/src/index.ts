export { BullmqBellQueue, type BullmqBellQueueOptions } from "./queue/bullmq-bell-queue.ts";
export {
  InProcessBellQueue,
  type InProcessBellQueueOptions,
} from "./queue/in-process-bell-queue.ts";
export { assertRedisFit } from "./queue/redis-fit.ts";
export { type Clock, systemClock, within } from "./clock.ts";
export { isDataError } from "./data-error.ts";
export {
  executeAttempt,
  type Execution,
  type ExecutorDependencies,
} from "./executor/execute-attempt.ts";
export { type BeginDependencies, beginAttempt } from "./executor/begin-attempt.ts";
export { checkSchema, issueText, type Schema } from "./executor/schema-check.ts";
export { takeStrayErrors } from "./executor/stray-errors.ts";
export { FollowUps, type FollowUpDependencies } from "./follow-ups.ts";
export { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
export {
  type AttemptName,
  type LogLevel,
  type Observer,
  safeObserver,
  type WorkerEvent,
} from "./observer.ts";
export {
  type Checker,
  CHECKER_DEFAULTS,
  type CheckerDependencies,
  type CheckerSettings,
  startChecker,
} from "./check/checker.ts";
export { type Scheduler, type SchedulerDependencies, startScheduler } from "./scheduler.ts";
export {
  type Pruner,
  PRUNER_DEFAULTS,
  type PrunerDependencies,
  type PrunerSettings,
  startPruner,
} from "./pruner.ts";
export { readSettings, type Settings, type SettingsSource, variableName } from "./settings.ts";
export {
  startSweeper,
  type Sweeper,
  SWEEPER_DEFAULTS,
  type SweeperDependencies,
  type SweeperSettings,
} from "./sweeper.ts";
export {
  startWorker,
  WORKER_DEFAULTS,
  type WorkerDependencies,
  type WorkerHandle,
  type WorkerSettings,
} from "./worker.ts";
export { DirectoryBlobStore } from "./blob/directory-blob-store.ts";
export { MemoryBlobStore } from "./blob/memory-blob-store.ts";
export { openBlobStore } from "./blob/open-blob-store.ts";
export { S3BlobStore, type S3BlobStoreOptions } from "./blob/s3-blob-store.ts";

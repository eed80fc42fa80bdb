export { all, any, atLeast, type Condition } from "./condition/condition.ts";
export {
  type DatasetPattern,
  datasetPattern,
  type PatternUpdate,
} from "./condition/dataset-pattern.ts";
export type { CompleteKeys, Leg } from "./condition/leg.ts";
export type { PipelineCondition } from "./condition/pipeline-condition.ts";
export { every, expand, fixed, offset, rollup, same, table } from "./condition/partition-map.ts";
export type { AnyDataset, UpdateOf } from "./dataset/any-dataset.ts";
export {
  type Dataset,
  dataset,
  type DatasetOptions,
  type DatasetRef,
  datasetRef,
} from "./dataset/dataset.ts";
export {
  daily,
  dynamic,
  hourly,
  type Key,
  keys,
  monthly,
  quarterly,
  type Scheme,
  weekly,
  yearly,
} from "./dataset/partition-scheme.ts";
export type { Previous } from "./dataset/previous.ts";
export { type Check, check } from "./dataset/check.ts";
export { by, type Freshness, within } from "./dataset/freshness.ts";
export {
  count,
  manifest,
  marker,
  quiet,
  type Ready,
  totalBytes,
} from "./dataset/readiness-spec.ts";
export { type ErrorCode, type ErrorData, MillraceError } from "./error/millrace-error.ts";
export {
  datasetFresh,
  datasetStale,
  type DeadlineData,
  deadlineMissed,
  type FreshData,
  type StaleData,
} from "./event/built-in.ts";
export { type AnyEvent, event, type EventOptions, type EventType } from "./event/event.ts";
export { anyOf, exists, gt, gte, lt, lte, ne, not, oneOf, type Op, prefix } from "./filter/op.ts";
export type { Where } from "./filter/where.ts";
export type { AlertChannel } from "./alert/alert-channel.ts";
export { namespace, type Namespace } from "./namespace/namespace.ts";
export type { NamespaceDefaults } from "./namespace/namespace-defaults.ts";
export type { AnyPipeline, ParamsOf, ResultOf } from "./pipeline/any-pipeline.ts";
export {
  type Pipeline,
  pipeline,
  type PipelineOptions,
  type PipelineRef,
} from "./pipeline/pipeline.ts";
export { pipelineRef } from "./pipeline/pipeline-ref.ts";
export type { ApprovalAnswer, CheckAnswer } from "./run/journal.ts";
export type { RunIf } from "./spec/task-spec.ts";
export type { BlobRef } from "./ports/blob-store.ts";
export type { ApprovalOptions, Approved } from "./task/approval-options.ts";
export { ApprovalRejected } from "./task/approval-rejected.ts";
export type { Build } from "./task/build.ts";
export { CallFailed } from "./task/call-failed.ts";
export type { CallTaskOptions } from "./task/call-options.ts";
export type { Blobs, Context, ItemContext, Outcome, Status } from "./task/context.ts";
export type {
  CallOptions,
  CheckOptions,
  DurableCalls,
  EventWaitOptions,
  Question,
  RunEnd,
  StartedRun,
  WaitOptions,
} from "./task/durable-calls.ts";
export { SensorExpired, SensorFailed } from "./task/sensor-failed.ts";
export type {
  ExternalCheck,
  OnSensorTimeout,
  SensorBackoff,
  SensorOptions,
  SensorOutput,
} from "./task/sensor-options.ts";
export type { Group, GroupOptions } from "./task/group.ts";
export type { Branch, Handle, Way } from "./task/handle.ts";
export type { Json, NotJson } from "./task/jsonable.ts";
export type {
  ConcurrencyOptions,
  IsolateOptions,
  RateOptions,
  ResourceOptions,
} from "./task/limit-options.ts";
export { cross, type Over, partitions } from "./task/map-over.ts";
export { NonRetryable } from "./task/non-retryable.ts";
export { pool, type Pool, type PoolUse } from "./task/pool.ts";
export type { Received, ReceivedEvent, ReceivedOfPattern } from "./task/received.ts";
export type { RetryOptions } from "./task/retry-options.ts";
export type { RunMatchOption, RunWaitOptions } from "./task/run-wait-options.ts";
export type { MapOptions, PollOptions, TaskOptions } from "./task/task-options.ts";
export { TaskSkipped } from "./task/task-skipped.ts";
export { after } from "./trigger/after.ts";
export { cron } from "./trigger/cron.ts";
export { from, type From } from "./trigger/from.ts";
export type { BatchOptions, DailyTime, Deadline, PolicyOptions } from "./trigger/policy-options.ts";
export { published } from "./trigger/published.ts";
export { stale } from "./trigger/stale.ts";
export type { Trigger } from "./trigger/trigger-draft.ts";
export { updated } from "./trigger/updated.ts";

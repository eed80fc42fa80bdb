export {
  cloudEventsHook,
  eventBridgeHook,
  type HookDefinition,
  jsonHook,
  minioHook,
  snsHook,
} from "./http/define-hook.ts";
export type * from "./http/hook.ts";
export type * from "./http/message-mapping.ts";
export type { ObjectSourceDeps, RecordedObject, SourceProblem } from "./intake/object-intake.ts";
export * from "./source/object-source.ts";
export {
  type S3RedisEventSource,
  s3RedisEventSource,
  type S3RedisEventSourceOptions,
} from "./source/s3-redis-event-source.ts";
export type { RunningSource } from "./source/running-source.ts";
export type { SourceHealth } from "./source/source-health.ts";
export { startObjectSource } from "./source/start-object-source.ts";
export type { CompareOption } from "./sensor/compare-option.ts";
export * from "./sensor/file-check-builder.ts";
export { http, type HttpCheckOptions } from "./sensor/http-check-builder.ts";
export type { OneRunMatch, SeveralRunsMatch } from "./sensor/match-option.ts";
export * from "./sensor/millrace-checks.ts";
export * from "./sensor/run-checks.ts";
export type {
  ExternalRunValue,
  OneRunOptions,
  RunChecks,
  RunStatesOptions,
  SeveralRunsOptions,
  TasksOption,
} from "./sensor/run-options.ts";
export * from "./sensor/s3-check-builder.ts";
export type { PolicyOption, SensorPolicyOptions } from "./sensor/sensor-policies.ts";
export {
  sql,
  type SqlCheckOptions,
  type SqlUntil,
  type SqlValue,
} from "./sensor/sql-check-builder.ts";
export * from "./sensor/time-check-builder.ts";
export {
  type AlertWebhookOptions,
  mail,
  type MailOptions,
  slack,
  type SlackOptions,
  webhook,
} from "./out/define/alert-channels.ts";
export { openLineageOut, type OpenLineageOutOptions } from "./out/define/open-lineage-out.ts";
export {
  type CloudEventsNatsOptions,
  cloudEventsOut,
  type CloudEventsOutOptions,
} from "./out/define/cloud-events-out.ts";
export {
  isOut,
  type OutDefinition,
  webhookOut,
  type WebhookOutOptions,
} from "./out/define/webhook-out.ts";
export {
  type Becoming,
  describeEventSource,
  eventSource,
  type EventSourceBase,
  type EventSourceDefinition,
  type EventSourceOptions,
  isEventSource,
} from "./events/define-event-source.ts";
export type * from "./events/event-source.ts";
export type { NatsAccess, NatsCredentials } from "./events/nats/nats-access.ts";
export { natsSource, type NatsSourceOptions } from "./events/nats/nats-source.ts";
export { postgresSource, type PostgresSourceOptions } from "./events/postgres/postgres-source.ts";
export { type EventSourceDeps, startEventSource } from "./events/start-event-source.ts";

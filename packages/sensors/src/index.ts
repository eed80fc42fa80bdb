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

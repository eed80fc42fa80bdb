/** For the other packages of Millrace only: no promises to users. */
export * from "./error/millrace-error.ts";
export * from "./lib/assert.ts";
export * from "./lib/instant.ts";
export * from "./pipeline/definition.ts";
export * from "./ports/lease.ts";
export * from "./ports/queue.ts";
export * from "./ports/store.ts";
export * from "./run/outcome.ts";
export * from "./run/states.ts";
export * from "./spec/dataset-spec.ts";
export * from "./spec/event-spec.ts";
export * from "./spec/filter-spec.ts";
export * from "./spec/json.ts";
export * from "./spec/partition-spec.ts";
export * from "./spec/pipeline-spec.ts";
export * from "./spec/task-spec.ts";
export * from "./spec/trigger-spec.ts";

export * from "./queue-contract.ts";
export type { SimulateOptions } from "./run-course.ts";
export { simulate } from "./simulate.ts";
export type * from "./simulation-result.ts";
export type * from "./timeline.ts";
export { timelineText } from "./timeline-text.ts";

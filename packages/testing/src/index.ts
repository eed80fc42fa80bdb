export * from "./blob-contract.ts";
export * from "./queue-contract.ts";
export type { SimulateOptions } from "./run-course.ts";
export { simulate } from "./simulate.ts";
export type * from "./simulation-result.ts";
export type * from "./timeline.ts";
export { timelineText } from "./timeline-text.ts";
export type { Stubs } from "./project/stubs.ts";
export { testPipeline, type TestPipelineOptions } from "./project/test-pipeline.ts";
export {
  type GivenAnswer,
  type GivenRun,
  type GivenUpdate,
  testProject,
  type TestProject,
  type TestProjectOptions,
} from "./project/test-project.ts";
export type * from "./project/test-run.ts";

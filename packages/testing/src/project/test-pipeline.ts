import type { AnyPipeline, ParamsOf, ResultOf } from "@millrace/core";
import { type HasDefinition, pipelineId, shortName, definitionOf } from "@millrace/core/internal";
import type { Stubs } from "./stubs.ts";
import { type GivenRun, testProject, type TestProjectOptions } from "./test-project.ts";
import type { TestRun } from "./test-run.ts";

export interface TestPipelineOptions<I> extends GivenRun<I>, Omit<TestProjectOptions, "stubs"> {
  /** What tasks do instead of running their handlers, by name. */
  readonly stubs?: Stubs;
}

/**
 * Runs one pipeline to its end, in memory and in virtual time, on the engine as it is: a sleep of
 * a day takes no time, and a failing task is tried again at once.
 *
 * @throws {INPUT_INVALID} When the params or the partition are none of the pipeline's.
 * @example
 * const run = await testPipeline(buildDelays, {
 *   partition: { date: "2026-03-01" },
 *   stubs: { load: { chunks: [3, 4] } },
 * });
 * expect(run.tasks.write).toMatchObject({ state: "succeeded", output: { rows: 2 } });
 */
export async function testPipeline<Q extends AnyPipeline & HasDefinition>(
  pipeline: Q,
  options: TestPipelineOptions<ParamsOf<Q>> = {},
): Promise<TestRun<ResultOf<Q>>> {
  const { stubs, params, partition, ...rest } = options;
  const name = shortName(pipelineId(definitionOf(pipeline).spec));
  await using project = await testProject([pipeline], {
    ...rest,
    ...(stubs !== undefined && { stubs: { [name]: stubs } }),
  });
  return await project.run(pipeline, {
    ...(params !== undefined && { params }),
    ...(partition !== undefined && { partition }),
  });
}

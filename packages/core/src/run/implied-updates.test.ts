import { expect, test } from "vitest";
import type { DatasetSpec } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import { impliedUpdates } from "./implied-updates.ts";

const DAY = { date: { kind: "day", start: "2026-01-01", timezone: "UTC" } } as const;
const dataset = (part: Partial<DatasetSpec>): DatasetSpec => ({
  namespace: "default",
  name: "orders",
  uri: null,
  partitions: {},
  metadata: null,
  observed: false,
  ...part,
});
const imply = (spec: DatasetSpec, run: Record<string, string>) => {
  const produces = { orders: { type: "dataset", dataset: "default/orders" } } as const;
  const pipeline = { datasets: { "default/orders": spec } } as unknown as PipelineSpec;
  return impliedUpdates(pipeline, { produces } as unknown as TaskSpec, run);
};

test("each dataset is updated for the run's partition, at its place", () => {
  const spec = dataset({ uri: "s3://lake/{date}.csv", partitions: DAY });
  expect(imply(spec, { date: "2026-02-03", region: "eu" })).toEqual({
    updates: [
      {
        dataset: "default/orders",
        partition: { date: "2026-02-03" },
        uri: "s3://lake/2026-02-03.csv",
        metadata: {},
      },
    ],
    problems: [],
  });
});

test.each([
  ["metadata that it needs", { metadata: { schema: null, required: true } }, /needs metadata/],
  ["a partition that the run does not say", { partitions: DAY }, /does not say which date/],
])("nothing is made up: %s", (_, part, problem) => {
  expect(imply(dataset(part), {})).toEqual({
    updates: [],
    problems: [expect.stringMatching(problem)],
  });
});

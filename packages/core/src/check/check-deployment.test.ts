import { expect, test } from "vitest";
import { z } from "zod";
import {
  after,
  daily,
  dataset,
  datasetRef,
  event,
  hourly,
  monthly,
  pipeline,
  pipelineRef,
  rollup,
} from "../index.ts";
import { checkDeployment, definitionOf, type HasDefinition } from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const check = (...pipelines: readonly HasDefinition[]): readonly string[] =>
  checkDeployment(pipelines.map((one) => definitionOf(one).spec));

const flights = dataset("flights", days);
const makes = pipeline("makes", days, ({ task }) => task("t", { produces: { flights } }, () => 1));

test("pipelines that agree fit together", () => {
  const reads = pipeline("reads", { ...days, on: { flights } }, ({ task }) => task("t", () => 1));
  expect(check(makes, reads)).toEqual([]);
});

test("two pipelines of one name are refused", () => {
  const again = pipeline("makes", {}, ({ task }) => task("t", () => 1));
  expect(check(makes, again)).toEqual([
    "Pipeline default/makes is defined twice; rename one of the two.",
  ]);
});

test("differing declarations of a dataset are refused, with both pipelines and the field", () => {
  const other = dataset("flights", { uri: "s3://lake/{date}", ...days });
  const reads = pipeline("reads", { ...days, on: { other } }, ({ task }) => task("t", () => 1));
  expect(check(makes, reads)).toEqual([
    'Pipelines default/makes and default/reads declare dataset default/flights differently: its uri is null in the first and "s3://lake/{date}" in the second; declare it once and import it, or deploy both with the same declaration.',
  ]);
});

test("differing declarations of an event are refused", () => {
  const [one, two] = [z.object({ a: z.string() }), z.object({ a: z.number() })].map((data) => {
    const ev = event("ev", { data: data as z.ZodType<unknown> });
    return ev;
  });
  const a = pipeline("a", {}, ({ task }) =>
    task("t", { produces: { one: one as never } }, () => 1),
  );
  const b = pipeline("b", {}, ({ task }) =>
    task("t", { produces: { two: two as never } }, () => 1),
  );
  expect(check(a, b)).toEqual([
    expect.stringMatching(/default\/a and default\/b declare event ev differently: its schema is/),
  ]);
});

test("a reference agrees with the declaration, or is refused", () => {
  const right = datasetRef("flights", days);
  const reads = pipeline("reads", { ...days, on: { right } }, ({ task }) => task("t", () => 1));
  expect(check(makes, reads)).toEqual([]);
  const wrong = datasetRef("flights", { partitions: { date: hourly({ start: "2026-01-01T00" }) } });
  const hours = { partitions: { date: hourly({ start: "2026-01-01T00" }) } };
  const reader = pipeline("reads", { ...hours, on: { wrong } }, ({ task }) => task("t", () => 1));
  expect(check(reader, makes)).toEqual([
    expect.stringMatching(
      /^Pipeline default\/reads refers to dataset default\/flights with the partitions .*hour.*, and it is declared with .*day.*; copy them/,
    ),
  ]);
});

test("a reference to what nobody has declared yet is left alone", () => {
  const far = datasetRef("far", days);
  const reads = pipeline("reads", { ...days, on: { far } }, ({ task }) => task("t", () => 1));
  expect(check(reads)).toEqual([]);
});

test("a reference to a pipeline is checked against its partitions once they are known", () => {
  const ref = pipelineRef("makes", { partitions: { when: day } });
  const month = monthly({ start: "2026-01" });
  const reads = pipeline(
    "reads",
    {
      partitions: { month },
      on: { x: after(ref, { partition: { month: rollup("when", month) } }) },
    },
    ({ task }) => task("t", () => 1),
  );
  expect(check(reads)).toEqual([]);
  expect(check(reads, makes)).toEqual([
    'Pipeline default/reads, trigger x: in pipeline default/makes the partition key "month": it is taken from the key "when", which is not there (there: date); name one that is.',
  ]);
});

import { expect, test } from "vitest";
import {
  cron,
  daily,
  hourly,
  keys,
  pipeline,
  pipelineRef,
  type RunMatchOption,
  type Scheme,
} from "../index.ts";
import { definitionOf, graphWarnings, type HasDefinition } from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const warnings = (...pipelines: readonly HasDefinition[]): readonly string[] =>
  graphWarnings(pipelines.map((one) => definitionOf(one).spec));

type Partitions = Readonly<Record<string, Scheme>>;

function other(partitions: Partitions): HasDefinition {
  return pipeline("other", { partitions }, ({ task }) => task("t", () => 1));
}

/** It believes that the other has the keys `believed`. */
function waits(
  match: RunMatchOption,
  partitions: Partitions,
  believed?: Partitions,
): HasDefinition {
  const far = pipelineRef("other", { partitions: believed ?? {} });
  return pipeline("mine", { partitions }, ({ task }) =>
    task("t", { waitFor: { pipeline: far, match } }, () => 1),
  );
}

const PARTITION =
  'Pipeline default/mine, task "t": it waits for the run of default/other for its own partition, and';

test("a wait by partition for a pipeline with other keys can never match", () => {
  expect(warnings(waits("partition", { date: day }), other({}))).toEqual([
    `${PARTITION} the two are never the same: it is partitioned by date, the other by nothing; match by "latest" or { within: "2h" }.`,
  ]);
  const regions = { date: day, region: keys("eu") };
  expect(warnings(waits("partition", { date: day }), other(regions))).toHaveLength(1);
  expect(warnings(waits("partition", { date: day }), other({ date: day }))).toEqual([]);
});

test("a wait by partition that is the default is judged by what the other really has", () => {
  const mine = waits("partition", { date: day }, { date: day });
  expect(definitionOf(mine).spec.tasks[0]).not.toHaveProperty("runWaits");
  expect(warnings(mine, other({}))).toHaveLength(1);
});

test("keys of one name that are cut differently have no value in common", () => {
  const hour = { date: hourly({ start: "2026-01-01T00" }) };
  expect(warnings(waits("partition", { date: day }), other(hour))).toEqual([
    `${PARTITION} the two cut "date" differently, so that no value is of both; cut both alike, or match by "latest".`,
  ]);
  const [eu, both, us] = [keys("eu"), keys("eu", "us"), keys("us")];
  expect(warnings(waits("partition", { region: eu }), other({ region: both }))).toEqual([]);
  expect(warnings(waits("partition", { region: eu }), other({ region: us }))).toHaveLength(1);
});

test("a wait by logical date needs two pipelines whose runs have one", () => {
  const dateless = other({});
  expect(warnings(waits("logicalDate", { date: day }), dateless)).toEqual([
    'Pipeline default/mine, task "t": it waits for the run of default/other of the same logical date, and runs of default/other have none, since there is neither a schedule nor a calendar partition; match by "latest" or { within: "2h" }.',
  ]);
  expect(warnings(waits("logicalDate", {}), other({ date: day }))).toEqual([
    expect.stringContaining("of the same logical date, and its own runs have none"),
  ]);
  const scheduled = pipeline("other", { on: { at: cron("0 6 * * *") } }, ({ task }) =>
    task("t", () => 1),
  );
  expect(warnings(waits("logicalDate", { date: day }), scheduled)).toEqual([]);
  const caller = pipeline("caller", { partitions: { date: day } }, ({ call }) => {
    call("c", { pipeline: pipelineRef("other") });
  });
  expect(warnings(waits("logicalDate", { date: day }), dateless, caller)).toEqual([]);
});

test("the newest run, a window and what is not known are not judged", () => {
  const mine = waits("latest", { date: day });
  expect(warnings(mine, other({}))).toEqual([]);
  expect(warnings(waits({ within: "2h" }, { date: day }), other({}))).toEqual([]);
  expect(warnings(waits("partition", { date: day }))).toEqual([]);
});

/** Against the schemas of OpenLineage itself: see tests/fixtures/openlineage/README.md. */
import { readFileSync } from "node:fs";
import { RUN_IF_RULES } from "@millrace/core/internal";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toDatasetEvent, toRunEvent, toTaskEvent } from "./lineage-event.ts";
import type { LineageDataset, LineageRun, LineageTask } from "./lineage-input.ts";

const file = new URL(
  "../../../../../tests/fixtures/openlineage/openlineage-2-0-2.json",
  import.meta.url,
);
const schema = JSON.parse(readFileSync(file, "utf8")) as object;
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
formats.default(ajv);
ajv.addSchema(schema, "openlineage");

function problemsOf(event: unknown, kind: "RunEvent" | "DatasetEvent"): readonly string[] {
  const validate = ajv.compile({ $ref: `openlineage#/$defs/${kind}` });
  if (validate(JSON.parse(JSON.stringify(event)))) return [];
  return (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message ?? ""}`);
}

const producer = {
  installation: "prod",
  url: "https://github.com/millrace/millrace/tree/v0.1.0/packages/sensors",
  version: "0.1.0",
};
const run: LineageRun = {
  id: 12,
  pipeline: "sales/orders-etl",
  partition: { date: "2026-11-20" },
  trigger: "files",
  correlationId: "event_1",
  interval: { start: "2026-11-20T00:00:00Z", end: "2026-11-21T00:00:00Z" },
  parent: { id: 11, pipeline: "sales/daily" },
  root: { id: 1, pipeline: "sales/ingest" },
};
const task: LineageTask = {
  name: "load",
  item: null,
  runIf: "all_success",
  needs: ["extract"],
};
const orders: LineageDataset = {
  dataset: "sales/orders",
  uri: "postgres://db.internal:5432/shop/public/orders",
  partition: { date: "2026-11-20" },
  updateId: 7,
  rowCount: 18_234,
  bytes: 4_210_688,
};
const at = "2026-11-21T02:00:07.412Z";

describe("the schema that the events are held against", () => {
  const event = toTaskEvent(producer, { run, task }, "COMPLETE", { at, outputs: [orders] });

  test.each([
    ["a run id that is no UUID", { run: { runId: "12" } }],
    ["an unknown type", { eventType: "DONE" }],
    ["a time that is none", { eventTime: "yesterday" }],
    ["a job without a name", { job: { namespace: "a" } }],
    [
      "a facet without its schema",
      { run: { ...event.run, facets: { tags: { _producer: "https://a" } } } },
    ],
    ["an output that has no namespace", { outputs: [{ name: "a" }] }],
    [
      "a facet in the place of another kind",
      { run: { ...event.run, facets: { nominalTimes: event.run.facets["nominalTime"] } } },
    ],
    [
      "a parent without a job",
      {
        run: {
          ...event.run,
          facets: { parent: { ...(event.run.facets["parent"] as object), job: null } },
        },
      },
    ],
  ])("refuses %s", (_what, change) => {
    expect(problemsOf(event, "RunEvent")).toEqual([]);
    expect(problemsOf({ ...event, ...change }, "RunEvent")).not.toEqual([]);
  });

  test("refuses a dataset event that tells of a run as well", () => {
    const event = toDatasetEvent(producer, orders, at);
    expect(problemsOf(event, "DatasetEvent")).toEqual([]);
    const both = { ...event, job: { namespace: "a", name: "b" }, run: { runId: "c" } };
    expect(problemsOf(both, "DatasetEvent")).not.toEqual([]);
  });
});

test("a task's end tells of its run, its upstream, its partition and what it wrote", () => {
  const event = toTaskEvent(producer, { run, task }, "COMPLETE", { at, outputs: [orders] });
  expect(event.job).toMatchObject({ namespace: "sales", name: "orders-etl.load" });
  expect(event.run.facets).toMatchObject({
    parent: {
      job: { namespace: "sales", name: "orders-etl" },
      root: { job: { namespace: "sales", name: "ingest" } },
    },
    jobDependencies: {
      trigger_rule: "ALL_SUCCESS",
      upstream: [
        { job: { name: "orders-etl.extract" }, status_trigger_rule: "EXECUTE_ON_SUCCESS" },
      ],
    },
    nominalTime: { nominalStartTime: "2026-11-20T00:00:00Z" },
  });
  expect(event.outputs).toMatchObject([
    {
      namespace: "postgres://db.internal:5432",
      name: "shop.public.orders",
      facets: { version: { datasetVersion: "7" } },
      outputFacets: {
        outputStatistics: { rowCount: 18_234, size: 4_210_688 },
        subset: {
          outputCondition: { type: "partition", partitions: [{ dimensions: orders.partition }] },
        },
      },
    },
  ]);
});

test("the checks of what was written are told with how they came out", () => {
  const checks = [
    { name: "has rows", passed: true, blocking: true },
    { name: "no nulls", passed: false, blocking: false },
  ];
  const event = toTaskEvent(producer, { run, task }, "COMPLETE", {
    at,
    outputs: [{ ...orders, checks }],
  });
  expect(event.outputs).toMatchObject([
    {
      facets: {
        dataQualityAssertions: {
          assertions: [
            { assertion: "has rows", name: "has rows", success: true, severity: "error" },
            { assertion: "no nulls", name: "no nulls", success: false, severity: "warn" },
          ],
        },
      },
    },
  ]);
});

test("a task's parent is the run that the events of the run itself speak of", () => {
  const whole = toRunEvent(producer, run, "START", { at });
  const part = toTaskEvent(producer, { run, task }, "START", { at });
  expect(part.run.facets["parent"]).toMatchObject({ run: { runId: whole.run.runId } });
});

test("a run that nobody called has no parent, and is the root of its tasks", () => {
  const alone = { ...run, parent: null, root: null };
  const whole = toRunEvent(producer, alone, "START", { at });
  expect(whole.run.facets).not.toHaveProperty("parent");
  const part = toTaskEvent(producer, { run: alone, task }, "START", { at });
  expect(part.run.facets["parent"]).toMatchObject({ root: { run: { runId: whole.run.runId } } });
});

const id = fc.integer({ min: 1, max: 2 ** 40 });
const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const ref = fc.record({ id, pipeline: fc.constantFrom("a/b", "sales/orders") });
const instant = fc
  .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const partition = fc.dictionary(fc.constantFrom("date", "region"), word);
const someDataset: fc.Arbitrary<LineageDataset> = fc.record(
  {
    dataset: fc.constantFrom("a/b", "sales/orders"),
    uri: fc.option(
      fc.oneof(word, fc.constantFrom("s3://lake/{date}.csv", "file:///a", "x://d/a/b")),
    ),
    partition,
    updateId: id,
    rowCount: fc.double(),
    bytes: fc.nat(),
    checks: fc.array(fc.record({ name: word, passed: fc.boolean(), blocking: fc.boolean() }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: ["dataset", "uri", "partition", "updateId"] },
) as fc.Arbitrary<LineageDataset>;
const anyCase = fc.record({
  run: fc.record({
    id,
    pipeline: fc.constantFrom("a/b", "sales/orders"),
    partition,
    trigger: word,
    correlationId: word,
    interval: fc.option(fc.record({ start: instant, end: fc.option(instant) })),
    parent: fc.option(ref),
    root: fc.option(ref),
  }),
  task: fc.record({
    name: word,
    item: fc.option(fc.nat()),
    runIf: fc.constantFrom(...RUN_IF_RULES),
    needs: fc.array(word, { maxLength: 3 }),
    items: fc.option(fc.record({ total: fc.nat(), failed: fc.nat(), skipped: fc.nat() })),
  }),
  type: fc.constantFrom("START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER"),
  change: fc.record({
    at: instant,
    inputs: fc.array(someDataset, { maxLength: 2 }),
    outputs: fc.array(someDataset, { maxLength: 2 }),
    error: fc.option(fc.record({ message: fc.string(), stack: fc.option(fc.string()) })),
  }),
});

test("whatever is told of an update from outside is valid by OpenLineage's schemas", () => {
  fc.assert(
    fc.property(someDataset, instant, (dataset, when) => {
      expect(problemsOf(toDatasetEvent(producer, dataset, when), "DatasetEvent")).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("whatever is told of a run or a task is valid by OpenLineage's schemas", () => {
  fc.assert(
    fc.property(anyCase, ({ run: of, task: its, type, change }) => {
      expect(problemsOf(toRunEvent(producer, of, type, change), "RunEvent")).toEqual([]);
      const pair = { run: of, task: its };
      expect(problemsOf(toTaskEvent(producer, pair, type, change), "RunEvent")).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

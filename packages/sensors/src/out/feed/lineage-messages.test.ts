import type { OutgoingRun, OutgoingUpdate, TouchedDataset } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { lineageRunId } from "../lineage/lineage-id.ts";
import { lineageEvents, lineageOf } from "./lineage-messages.ts";

const producer = { installation: "prod", url: "https://example.com/v1", version: "1.0.0" };
const orders: TouchedDataset = {
  updateId: 7,
  dataset: "sales/orders",
  uri: "s3://lake/orders/{date}.csv",
  partition: { date: "2026-11-20" },
  task: "load",
  counts: { rows: 12, size: 2_048 },
  checks: [{ name: "has rows", passed: true, blocking: true }],
};
const task = {
  name: "load",
  state: "succeeded",
  runIf: "all_success",
  needs: [],
  startedAt: "2026-11-21T02:00:01.000Z",
  endedAt: "2026-11-21T02:00:04.000Z",
  error: null,
  items: null,
} as const;
const run: OutgoingRun = {
  kind: "run",
  id: 12,
  at: "2026-11-21T02:00:05.000Z",
  correlationId: "event_1",
  traceparent: null,
  runId: 12,
  pipeline: "sales/etl",
  state: "succeeded",
  reason: null,
  partition: {},
  trigger: "files",
  startedAt: "2026-11-21T02:00:00.000Z",
  failedTask: null,
  error: null,
  parent: null,
  root: null,
  interval: { start: "2026-11-20T00:00:00.000Z", end: "2026-11-21T00:00:00.000Z" },
  tasks: [task],
  inputs: [{ ...orders, updateId: 3, dataset: "sales/raw", task: null }],
  outputs: [orders],
};

/** Of OpenLineage's events what a test looks at. */
interface Seen {
  readonly eventType: string;
  readonly eventTime: string;
  readonly job: { readonly name: string };
  readonly run: { readonly runId: string; readonly facets: Record<string, object> };
  readonly outputs: readonly object[];
}

interface Written {
  readonly outputFacets: Record<string, object>;
}

function eventsOf(change: Partial<OutgoingRun> = {}): readonly Seen[] {
  return lineageEvents(producer, { ...run, ...change }).map(
    ({ event }) => event as unknown as Seen,
  );
}

test("a run is told with its tasks between its start and its end", () => {
  const events = eventsOf();
  expect(events.map(({ eventType, job, eventTime }) => [eventType, job.name, eventTime])).toEqual([
    ["START", "etl", run.startedAt],
    ["START", "etl.load", task.startedAt],
    ["COMPLETE", "etl.load", task.endedAt],
    ["COMPLETE", "etl", run.at],
  ]);
  for (const { run: told } of events) {
    expect(told.facets["nominalTime"]).toMatchObject({
      nominalStartTime: "2026-11-20T00:00:00.000Z",
      nominalEndTime: "2026-11-21T00:00:00.000Z",
    });
  }
});

test("what a task wrote is told with its counts and its checks", () => {
  const [, , written] = eventsOf();
  expect(written?.outputs).toMatchObject([
    {
      namespace: "s3://lake",
      name: "orders/{date}.csv",
      facets: { dataQualityAssertions: { assertions: [{ name: "has rows", success: true }] } },
      outputFacets: { outputStatistics: { rowCount: 12, size: 2_048 } },
    },
  ]);
});

test.each([
  [{ rowCount: 3, rows: 5 }, { rowCount: 3 }],
  [
    { row_count: 4, bytes: 1, size: 9 },
    { rowCount: 4, size: 1 },
  ],
  [{ files: 2 }, { fileCount: 2 }],
])("of the counts %j it is told %j", (counts, statistics) => {
  const [, , written] = eventsOf({ outputs: [{ ...orders, counts }] });
  const [output] = (written?.outputs ?? []) as readonly Written[];
  expect(output?.outputFacets["outputStatistics"]).toEqual({
    _producer: expect.any(String),
    _schemaURL: expect.any(String),
    ...statistics,
  });
});

test("counts that are no whole numbers are not told", () => {
  const [, , written] = eventsOf({ outputs: [{ ...orders, counts: { rows: 1.5, bytes: -1 } }] });
  const [output] = (written?.outputs ?? []) as readonly Written[];
  expect(output).toBeDefined();
  expect(output?.outputFacets).not.toHaveProperty("outputStatistics");
});

test("a run that another called tells of its caller and of the first of the chain", () => {
  const idOf = (runId: number): object => ({ runId: lineageRunId("prod", { runId }) });
  const [start, part] = eventsOf({
    parent: { id: 11, pipeline: "sales/daily" },
    root: { id: 1, pipeline: "sales/ingest" },
  });
  expect(start?.run.facets["parent"]).toMatchObject({
    run: idOf(11),
    job: { namespace: "sales", name: "daily" },
    root: { run: idOf(1), job: { namespace: "sales", name: "ingest" } },
  });
  expect(part?.run.facets["parent"], "of its task the run itself is the parent").toMatchObject({
    run: idOf(12),
    root: { run: idOf(1) },
  });
});

test("a task of ten thousand items is told in two events, with how the items came out", () => {
  const items = { total: 10_000, failed: 2, skipped: 1 };
  const events = eventsOf({ tasks: [{ ...task, items }] });
  expect(events).toHaveLength(4);
  expect(events[2]?.run.facets["tags"]).toMatchObject({
    tags: expect.arrayContaining([
      expect.objectContaining({ key: "items", value: "10000" }),
      expect.objectContaining({ key: "items_failed", value: "2" }),
      expect.objectContaining({ key: "items_skipped", value: "1" }),
    ]),
  });
});

test("a run that failed says why, and so does the task", () => {
  const error = "no such file";
  const failed = { ...task, state: "failed", error } as const;
  const events = eventsOf({ state: "failed", error, failedTask: "load", tasks: [failed] });
  expect(events.map(({ eventType }) => eventType)).toEqual(["START", "START", "FAIL", "FAIL"]);
  for (const { run: told } of events.slice(2)) {
    expect(told.facets["errorMessage"]).toMatchObject({
      message: error,
      programmingLanguage: "TypeScript",
    });
  }
});

test("an update from outside is a dataset event; one that a run made is told with the run", () => {
  const { task: _task, counts: _counts, updateId: id, uri: datasetUri, ...rest } = orders;
  const update: OutgoingUpdate = {
    ...rest,
    ...{ kind: "update", id, change: "changed", at: run.at, uri: null, datasetUri },
    ...{ correlationId: "x", traceparent: null, runId: null, metadata: null, task: null },
  };
  const make = lineageOf(producer);
  expect(make(update)).toMatchObject([{ key: "update_7" }]);
  expect(make({ ...update, runId: 12 })).toEqual([]);
});

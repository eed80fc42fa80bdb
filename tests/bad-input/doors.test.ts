import type {
  IntakeEvent,
  IntakeUpdate,
  JsonValue,
  ManualStart,
  MillraceError,
  ObservedObject,
} from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, startEngine } from "../engine/engine.ts";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "../engine/specs.ts";

/**
 * What comes from outside is refused at the door by its place, and nothing of it is stored.
 *
 * Elsewhere: dead letters of any text (tests/engine/intake-limits.test.ts), messages of queues
 * (sensors/s3), arguments of commands (cli/input), what handlers return (core/json/check-json,
 * tests/bad-input/handlers.test.ts), definitions (core/check, core/pipeline/mistakes).
 */
const NUL = "a\0b";
const HALF = "a\ud800b";
const LONG = "x".repeat(20_000);
const DEEP = JSON.parse(`${"[".repeat(65)}${"]".repeat(65)}`) as JsonValue;
const WIDE = { k: "x".repeat(70_000) };

const update: IntakeUpdate = {
  dataset: "default/files",
  partition: {},
  kind: "changed",
  uri: null,
  metadata: null,
  source: { type: "api", key: "test" },
  idempotencyKey: null,
  correlationId: null,
};
const event: IntakeEvent = {
  name: "ticket.made",
  data: null,
  source: { type: "api", key: "test" },
  idempotencyKey: null,
  correlationId: null,
};
const object: ObservedObject = {
  dataset: "default/files",
  partition: {},
  kind: "changed",
  bucket: "lake",
  key: "a.csv",
  etag: "e",
  bytes: 1,
  versionId: null,
  sequencer: null,
  at: 0,
  via: "event",
};
const start: ManualStart = {
  pipeline: "default/p",
  partition: {},
  params: {},
  idempotencyKey: null,
  correlationId: null,
};
/** Values that no type lets through, as a caller without types would pass them. */
const loose = (value: unknown): never => value as never;

type Case = readonly [title: string, call: (engine: Engine) => Promise<unknown>, issue: string];

const updates = (title: string, part: Partial<IntakeUpdate>, issue: string): Case => [
  `an update with ${title}`,
  ({ store }) => store.recordUpdates([update, { ...update, ...part }]),
  `updates[1].${issue}`,
];
const events = (title: string, part: Partial<IntakeEvent>, issue: string): Case => [
  `an event with ${title}`,
  ({ store }) => store.recordEvents([event, { ...event, ...part }]),
  `events[1].${issue}`,
];
const objects = (title: string, part: Partial<ObservedObject>, issue: string): Case => [
  `an object with ${title}`,
  ({ store }) => store.recordObjects([object, { ...object, ...part }]),
  `objects[1].${issue}`,
];
const starts = (title: string, part: Partial<ManualStart>, issue: string): Case => [
  `a start with ${title}`,
  ({ store }) => store.startRun({ ...start, ...part }),
  issue,
];
const said = { by: "ada", why: null };

const cases: readonly Case[] = [
  updates("a NUL in its dataset", { dataset: NUL }, "dataset holds a NUL character"),
  updates("no dataset", { dataset: loose(5) }, "dataset must be a text"),
  updates("an endless dataset", { dataset: LONG }, "dataset has more than 200 bytes"),
  updates("a NUL in its metadata", { metadata: { a: [NUL] } }, "metadata.a[0] holds a NUL"),
  updates("a NUL in a key", { metadata: { [NUL]: 1 } }, "metadata["),
  updates("half a pair in its metadata", { metadata: HALF }, "metadata holds half of a surrogate"),
  updates("deep metadata", { metadata: DEEP }, "metadata"),
  updates("large metadata", { metadata: WIDE }, "metadata.k makes it larger than 64 KiB"),
  updates("an id without its digits", { metadata: { id: 2 ** 60 } }, "metadata.id: 1152921504606"),
  updates("a NaN", { metadata: { n: Number.NaN } }, "metadata.n: NaN is not JSON"),
  updates("a Date", { metadata: loose({ at: new Date(0) }) }, "metadata.at: Date is not JSON"),
  updates("a Map", { metadata: loose(new Map()) }, "metadata: Map is not JSON"),
  updates("a BigInt", { metadata: loose({ n: 1n }) }, "metadata.n: BigInt is not JSON"),
  updates("a NUL in its URI", { uri: NUL }, "uri holds a NUL"),
  updates("a long URI", { uri: `s3://b/${LONG}` }, "uri has more than 2048 bytes"),
  updates("half a pair in its key", { idempotencyKey: HALF }, "idempotencyKey holds half"),
  updates("a long key", { idempotencyKey: LONG }, "idempotencyKey has more than 512 bytes"),
  updates("an empty key", { idempotencyKey: "" }, "idempotencyKey is empty"),
  updates("a NUL in its story", { correlationId: NUL }, "correlationId holds a NUL"),
  updates("a NUL in its source", { source: { type: NUL, key: "" } }, "source.type holds a NUL"),
  updates("no source", { source: loose(undefined) }, "source.type must be a text"),
  updates("a kind of its own", { kind: loose("touched") }, "kind must be changed or removed"),
  updates("a number as partition", { partition: loose({ d: 1 }) }, 'partition["d"] must be a text'),
  updates("a null as partition", { partition: loose(null) }, "partition must be an object"),
  updates("an empty value", { partition: { d: "" } }, 'partition["d"] is empty'),
  updates("a line as value", { partition: { d: "\n" } }, 'partition["d"] is empty'),
  updates("a NUL in a value", { partition: { d: NUL } }, 'partition["d"] holds a NUL'),
  updates("half a pair in a value", { partition: { d: HALF } }, 'partition["d"] holds half'),
  updates(
    "a long value",
    { partition: { d: "é".repeat(257) } },
    'partition["d"] has more than 512',
  ),
  updates(
    "many long values",
    { partition: Object.fromEntries(["a", "b", "c", "d", "e"].map((k) => [k, "x".repeat(500)])) },
    "partition has more than 2048 bytes in all",
  ),
  updates("a check that is no answer", { checks: loose({ rows: "yes" }) }, "checks.rows must be"),
  updates("a NUL in its version", { contentVersion: NUL }, "contentVersion holds a NUL"),

  events("a NUL in its name", { name: NUL }, "name holds a NUL"),
  events("half a pair in its data", { data: { a: { b: HALF } } }, "data.a.b holds half"),
  events("a circle", { data: circle() }, "data"),
  events("a function", { data: loose(() => 1) }, "data: a function is not JSON"),
  events("a promise", { data: loose(Promise.resolve(1)) }, "data: Promise is not JSON; await it"),
  events("a NUL in its key", { idempotencyKey: NUL }, "idempotencyKey holds a NUL"),
  events("a NUL in its namespace", { namespace: NUL }, "namespace holds a NUL"),

  objects("a NUL in its key", { key: NUL }, "key holds a NUL"),
  objects("half a pair in its bucket", { bucket: HALF }, "bucket holds half"),
  objects("a long key", { key: LONG }, "key has more than 1024 bytes"),
  objects("a NUL in its etag", { etag: NUL }, "etag holds a NUL"),
  objects("a NUL in what it lists", { listed: ["a", NUL] }, "listed must be keys"),
  objects("half a pair in what it lists", { listed: [HALF] }, "listed must be keys"),
  objects("what lists no texts", { listed: [loose(5)] }, "listed must be keys"),
  objects("no time", { at: Number.NaN }, "at must be a time"),

  starts("a NUL in its pipeline", { pipeline: NUL }, "pipeline holds a NUL"),
  starts("a NUL in its params", { params: { name: NUL } }, "params.name holds a NUL"),
  starts("half a pair in its params", { params: [HALF] }, "params[0] holds half"),
  starts("deep params", { params: DEEP }, "nested deeper than 64"),
  starts("a NUL in its key", { idempotencyKey: NUL }, "idempotencyKey holds a NUL"),
  starts("a long story", { correlationId: LONG }, "correlationId has more than 512 bytes"),

  ["a NUL in a reason", ({ store }) => store.cancelRun(1, { by: "ada", why: NUL }), "why holds"],
  ["nobody acting", ({ store }) => store.pauseRun(1, { by: "", why: null }), "by is empty"],
  ["an endless reason", ({ store }) => store.resumeRun(1, { by: "a", why: LONG }), "why has more"],
  ["a run 0", ({ store }) => store.retryFailed(0, said), "the id of the run must be a whole"],
  ["a run NaN", ({ store }) => store.cancelRun(Number.NaN), "the id of the run must be a whole"],
  ["a NUL in a task", ({ store }) => store.rerunFrom(1, NUL, said), "task holds a NUL"],
  [
    "a NUL in an output",
    ({ store }) => store.markTask(1, "t", { as: "succeeded", output: NUL }, said),
    "output holds a NUL",
  ],
  [
    "a NUL in a comment",
    ({ store }) => store.commentApproval(1, "t", null, { by: "ada", comment: NUL }),
    "comment holds a NUL",
  ],
  [
    "half a pair in an answer",
    ({ store }) =>
      store.answerApproval(1, "t", null, {
        verdict: "approved",
        by: HALF,
        roles: [],
        comment: null,
      }),
    "by holds half",
  ],
  [
    "a NUL in a pool",
    ({ store }) => store.setLimit({ kind: "pool", name: NUL, tasks: 1 }),
    "pool holds a NUL",
  ],
  [
    "a NUL in a trigger",
    ({ store }) => store.pause({ pipeline: "default/p", trigger: NUL }, "ada"),
    "trigger holds a NUL",
  ],
  ["a NUL in who releases", ({ store }) => store.releaseUpdate(1, NUL), "by holds a NUL"],
];

describe.each(["embedded", "server"] as const)("%s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    const datasets = declare(datasetSpec("files"));
    await engine.register(pipelineSpec("p", [taskSpec("t")], { datasets }));
  }, 60_000);
  afterAll(() => engine.close());

  test.each(cases)("%s is refused by its place, and nothing is stored", async (_, call, issue) => {
    const before = await counts(engine);
    await expect(call(engine)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining(issue),
    } satisfies Partial<Record<keyof MillraceError, unknown>>);
    expect(await counts(engine)).toEqual(before);
  });

  test("what JavaScript inherits is data like any other, and stays data", async () => {
    const data = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as JsonValue;
    await engine.store.recordEvents([{ ...event, name: "proto.told", data }]);
    const rows = await engine.rows<{ text: string }>(
      "select data::text as text from millrace.event where name = 'proto.told'",
    );
    expect(rows).toEqual([{ text: '{"__proto__": {"polluted": true}, "constructor": 1}' }]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("a list of parameters is stored as a list", async () => {
    const { runId } = await engine.store.startRun({ ...start, params: [1, "a"] });
    const [row] = await engine.rows<{ params: JsonValue }>(
      `select params from millrace.run where id = ${runId}`,
    );
    expect(row?.params).toEqual([1, "a"]);
  });

  test("two names that differ in what cannot be stored are never one", async () => {
    const refused = [NUL, HALF].map((key) =>
      engine.store.recordUpdates([{ ...update, idempotencyKey: key }]),
    );
    for (const each of refused) await expect(each).rejects.toThrow(/idempotencyKey/);
    const { ids } = await engine.store.recordUpdates([{ ...update, idempotencyKey: "a\ufffdb" }]);
    expect(ids).toEqual([expect.any(Number)]);
  });

  test("an attempt fails whatever its error holds", async () => {
    const runId = await engine.start("p");
    const texts = ["\0", "\ud800", "x".repeat(100_000)].join("");
    const bad = { ...failed(texts), retryable: false };
    await engine.settle({ t: () => bad });
    const [row] = await engine.rows<{ state: string }>(
      `select state from millrace.run where id = ${runId}`,
    );
    expect(row?.state).toBe("failed");
  });
});

function circle(): never {
  const value: unknown[] = [];
  value.push(value);
  return loose(value);
}

async function counts(engine: Engine): Promise<readonly unknown[]> {
  return engine.rows(`select
    (select count(*)::int from millrace.update) as updates,
    (select count(*)::int from millrace.event) as events,
    (select count(*)::int from millrace.object_state) as objects,
    (select count(*)::int from millrace.fact_key) as keys,
    (select count(*)::int from millrace.run) as runs,
    (select count(*)::int from millrace.audit) as audits`);
}

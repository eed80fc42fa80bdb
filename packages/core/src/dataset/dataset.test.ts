import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  count,
  daily,
  dataset,
  datasetRef,
  keys,
  marker,
  MillraceError,
  namespace,
} from "../index.ts";
import { datasetSpecOf } from "../internal.ts";

const day = daily({ start: "2026-01-01", timezone: "Europe/Berlin" });

function problemsOf(define: () => unknown): readonly string[] {
  try {
    define();
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

describe("a dataset as data", () => {
  test("says where it lies, how it is cut and what its updates carry", () => {
    const flights = dataset("flights", {
      namespace: namespace("ops"),
      uri: "s3://lake/{date}.csv",
      partitions: { date: day },
      metadata: z.object({ rows: z.number() }),
    });
    expect(datasetSpecOf(flights)).toEqual({
      namespace: "ops",
      name: "flights",
      uri: "s3://lake/{date}.csv",
      partitions: { date: { kind: "day", start: "2026-01-01", timezone: "Europe/Berlin" } },
      metadata: {
        schema: expect.objectContaining({ required: ["rows"], additionalProperties: false }),
        required: true,
      },
      observed: false,
    });
    expect(flights.uri).toBe("s3://lake/{date}.csv");
  });

  test("has nothing but its name when nothing is said", () => {
    expect(datasetSpecOf(dataset("bare"))).toEqual({
      namespace: "default",
      name: "bare",
      uri: null,
      partitions: {},
      metadata: null,
      observed: false,
    });
  });

  test("cannot be changed", () => {
    const flights = dataset("flights", { partitions: { date: day } });
    expect(() => Object.assign(flights, { name: "other" })).toThrow(TypeError);
    expect(() => Object.assign(datasetSpecOf(flights).partitions, { x: 1 })).toThrow(TypeError);
  });
});

describe("metadata", () => {
  const required = (metadata: z.ZodType<object>): boolean | undefined =>
    datasetSpecOf(dataset("d", { metadata: metadata as z.ZodType<{}, {}> })).metadata?.required;

  test("is required when an update that says nothing does not pass the schema", () => {
    expect(required(z.object({ rows: z.number() }))).toBe(true);
    expect(required(z.object({ rows: z.number().optional() }))).toBe(false);
    expect(required(z.object({ rows: z.number().default(0) }))).toBe(false);
  });

  test("has no JSON Schema where its library offers none", () => {
    const spec = datasetSpecOf(dataset("d", { metadata: v.object({ rows: v.number() }) }));
    expect(spec.metadata).toEqual({ schema: null, required: true });
  });

  test("has no JSON Schema where there is none for it", () => {
    const metadata = z.object({ rows: z.string().transform(Number) });
    expect(datasetSpecOf(dataset("d", { metadata })).metadata?.schema).toBeNull();
  });

  test("that can only be checked asynchronously is refused", () => {
    const metadata = z.object({ rows: z.number().optional() }).refine(async () => true);
    expect(problemsOf(() => dataset("d", { metadata }))).toEqual([
      "Dataset default/d: its metadata schema validates asynchronously, which a commit cannot wait for; make it synchronous.",
    ]);
  });

  test("that is no schema is refused", () => {
    expect(problemsOf(() => dataset("d", { metadata: { rows: "number" } as never }))).toEqual([
      "Dataset default/d: its metadata is no Standard Schema; use e.g. z.object({ … }).",
    ]);
  });
});

describe("a wrong dataset says what is wrong", () => {
  test.each<[string, () => unknown, RegExp[]]>([
    ["name", () => dataset("Flights"), [/^Dataset default\/Flights: the name "Flights" is not/]],
    [
      "namespace",
      () => dataset("a", { namespace: "no/pe" }),
      [/the name "no\/pe" is not .*rename it/],
    ],
    [
      "URI",
      () => dataset("a", { uri: "nowhere" }),
      [/^Dataset default\/a: its URI is no URI; write/],
    ],
    [
      "slot",
      () => dataset("a", { uri: "s3://b/{date}/{hour}" as string, partitions: { date: day } }),
      [/the slot \{hour\}, which is no partition key; declare it/],
    ],
    [
      "key without slot",
      () => dataset("a", { uri: "s3://b/x" as string, partitions: { date: day } }),
      [/the partition key "date" has no slot in the URI .* write \{date\}/],
    ],
    [
      "key name",
      () => dataset("a", { partitions: { "1st": day } }),
      [/the partition key name "1st" is not/],
    ],
    [
      "scheme",
      () => dataset("a", { partitions: { date: "daily" as never } }),
      [/the partition key "date" is no scheme; write e\.g\. daily/],
    ],
    [
      "start",
      () => dataset("a", { partitions: { date: daily({ start: "yesterday" }) } }),
      [/the partition key "date": its start "yesterday" is no day; write it like/],
    ],
    [
      "time zone",
      () =>
        dataset("a", { partitions: { date: daily({ start: "2026-01-01", timezone: "Mars" }) } }),
      [/the partition key "date": the time zone "Mars" does not exist/],
    ],
    ["no keys", () => dataset("a", { partitions: { r: keys() } }), [/its list of keys is empty/]],
    [
      "keys twice",
      () => dataset("a", { partitions: { r: keys("eu", "eu") } }),
      [/"eu" stands there twice/],
    ],
    [
      "ready without a URI",
      () => dataset("a", { ready: count(2) }),
      [/it has ready and no URI; write where/],
    ],
    [
      "ready of one object",
      () => dataset("a", { uri: "s3://b/x.csv", ready: count(2) }),
      [/names no place of several objects/],
    ],
    [
      "a marker that the URI leaves out",
      () => dataset("a", { uri: "s3://b/x/*.csv", ready: marker("_SUCCESS") }),
      [/does not take the marker "_SUCCESS"; end it in/],
    ],
    [
      "a rule that is none",
      () => dataset("a", { uri: "s3://b/x/*", ready: "_SUCCESS" as never }),
      [/its ready "_SUCCESS" is no rule/],
    ],
    [
      "several",
      () => dataset("A", { uri: "nowhere", partitions: { r: keys() } as never }),
      [/the name "A"/, /its list of keys is empty/, /its URI is no URI/],
    ],
  ])("%s", (_what, define, expected) => {
    const problems = problemsOf(define);
    expect(problems).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
  });

  test("without showing credentials", () => {
    const [problem] = problemsOf(() => dataset("a", { uri: "s3://user:hunter2@bucket/x" }));
    expect(problem).toMatch(/credentials/);
    expect(problem).not.toMatch(/hunter2/);
  });

  test("and so does a reference", () => {
    expect(problemsOf(() => datasetRef("Far"))).toHaveLength(1);
  });
});

describe("a dataset of partitions of several objects", () => {
  const uri = "s3://lake/raw/{date}/**";
  const partitions = { date: daily({ start: "2026-01-01" }) };

  test("carries its rule as data", () => {
    const { ready } = datasetSpecOf(dataset("a", { uri, partitions, ready: marker("_SUCCESS") }));
    expect(ready).toEqual({ type: "marker", name: "_SUCCESS" });
  });

  test("has the spec that it had before, where it has no rule", () => {
    expect(datasetSpecOf(dataset("a", { uri, partitions }))).not.toHaveProperty("ready");
  });
});

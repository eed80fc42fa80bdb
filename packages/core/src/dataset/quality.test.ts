import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  by,
  check,
  type Dataset,
  dataset,
  event,
  gt,
  MillraceError,
  pipeline,
  stale,
  within,
} from "../index.ts";
import { datasetSpecOf, definitionOf } from "../internal.ts";
import { checkDeployment } from "../check/check-deployment.ts";

const metadata = z.object({ rows: z.number() });

function problemsOf(define: () => unknown): readonly string[] {
  try {
    define();
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

test("freshness and checks are data", () => {
  const delays = dataset("delays", {
    metadata,
    freshness: within("2h"),
    checks: [
      check("has rows", { that: { metadata: { rows: gt(0) } }, blocking: true }),
      check("no nulls"),
    ],
  });
  expect(datasetSpecOf(delays)).toMatchObject({
    freshness: { type: "within", withinMs: 7_200_000 },
    checks: [
      {
        name: "has rows",
        blocking: true,
        that: { path: ["metadata", "rows"], op: "gt", value: 0 },
      },
      { name: "no nulls", blocking: false, that: null },
    ],
  });
  const prices = dataset("prices", { freshness: by("06:00", { timezone: "Europe/Berlin" }) });
  expect(datasetSpecOf(prices).freshness).toEqual({
    type: "by",
    at: "06:00",
    timezone: "Europe/Berlin",
  });
});

test("what is not said stands in no spec, so that versions stay what they were", () => {
  const keys = Object.keys(datasetSpecOf(dataset("bare", { checks: [] })));
  expect(keys).not.toContain("freshness");
  expect(keys).not.toContain("checks");
});

describe("a mistake says what is wrong", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "duration",
      () => dataset("a", { freshness: within("soon") }),
      /^Dataset default\/a: its freshness within\("soon"\) is no duration; write/,
    ],
    ["no time", () => dataset("a", { freshness: within("0s") }), /0 ms is out of range/],
    ["time", () => dataset("a", { freshness: by("6am") }), /"6am" is no time of day; write/],
    [
      "zone",
      () => dataset("a", { freshness: by("06:00", { timezone: "Mars" }) }),
      /the time zone "Mars" does not exist/,
    ],
    ["policy", () => dataset("a", { freshness: "2h" as never }), /its freshness "2h" is no policy/],
    [
      "checks of one name",
      () => dataset("a", { checks: [check("x"), check("x")] }),
      /it has two checks "x"; rename/,
    ],
    ["check name", () => dataset("a", { checks: [check("")] }), /the check name "" is not/],
    ["check", () => dataset("a", { checks: ["x"] as never }), /its check "x" is none; write/],
    [
      "field that the schema lacks",
      () =>
        dataset("a", {
          metadata,
          checks: [check("x", { that: { metadata: { rowz: gt(0) } } })] as never,
        }),
      /its check "x": its filter: the path "metadata.rowz" names a field that is not declared/,
    ],
    [
      "empty filter",
      () => dataset("a", { checks: [check("x", { that: {} })] }),
      /says that nothing holds/,
    ],
    ["own event", () => event("millrace.mine"), /names that begin with millrace\. are Millrace's/],
  ])("%s", (_what, define, expected) => {
    const problems = problemsOf(define);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test("two declarations that differ only in what one of them leaves out", () => {
    const of = (name: string, d: Dataset<"d", {}, {}, {}>) =>
      definitionOf(pipeline(name, { on: { x: d } }, ({ task }) => task("t", () => 1))).spec;
    const plain = of("a", dataset("d"));
    const watched = of("b", dataset("d", { freshness: within("2h") }));
    for (const specs of [
      [plain, watched],
      [watched, plain],
    ]) {
      expect(checkDeployment(specs)).toEqual([expect.stringMatching(/its freshness is .* in the/)]);
    }
  });
});

test("a stale dataset is a trigger, by the event that says so", () => {
  const prices = dataset("prices", { freshness: within("1d") });
  const refresh = pipeline("refresh", { on: { late: stale(prices) } }, ({ task }) =>
    task("t", { produces: { prices } }, () => 1),
  );
  const { triggers, events } = definitionOf(refresh).spec;
  expect(triggers["late"]).toMatchObject({
    type: "event",
    condition: {
      leg: {
        source: { type: "event", event: "millrace.dataset.stale" },
        where: { path: ["data", "dataset"], op: "eq", value: "default/prices" },
      },
    },
  });
  expect(Object.keys(events)).toEqual(["millrace.dataset.stale"]);
});

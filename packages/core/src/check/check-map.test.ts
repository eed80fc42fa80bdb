import { expect, test } from "vitest";
import type { PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import type { LegSpec, PartitionMapSpec } from "../spec/trigger-spec.ts";
import { datasetFacts } from "./check-facts.ts";
import { mapProblem } from "./check-map.ts";
import { memberProblems } from "./check-members.ts";

const day = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
const month = { kind: "month", start: "2026-01", timezone: "UTC" } as const;
const week = { kind: "week", start: "2026-W01", timezone: "UTC" } as const;
const osloMonth = { ...month, timezone: "Europe/Oslo" };
const region = { kind: "keys", values: ["eu", "us"] } as const;
const any = { kind: "dynamic", match: null } as const;

function problem(map: PartitionMapSpec, from: PartitionScheme, to: PartitionScheme): string | null {
  const partitions = { key: from };
  return mapProblem(map, to, { partitions, facts: datasetFacts(partitions, null) });
}
const offset = (by: number) => ({ map: "offset", from: "key", by }) as const;
const table = (values: Readonly<Record<string, string>>) =>
  ({ map: "table", from: "key", values }) as const;
const expand = { map: "expand", from: "key" } as const;
const same = { map: "same", from: "key" } as const;

test.each<readonly [PartitionMapSpec, PartitionScheme, PartitionScheme]>([
  [offset(1), day, day],
  [offset(-1_000), day, day],
  [expand, month, day],
  [{ map: "all" }, any, region],
  [{ map: "all" }, any, day],
  [table({ eu: "2026-01-01" }), region, day],
  [table({ what: "eu" }), any, region],
  [same, any, region],
  [same, region, any],
])("%j from %j to %j is right", (map, from, to) => {
  expect(problem(map, from, to)).toBeNull();
});

test.each<readonly [PartitionMapSpec, PartitionScheme, PartitionScheme, RegExp]>([
  [offset(0), day, day, /moves it by 0 periods; give a whole number/],
  [offset(1.5), day, day, /by 1.5 periods/],
  [offset(1_001), day, day, /by 1001 periods/],
  [offset(1), day, month, /cut by day there and by month here; cut both alike/],
  [offset(1), region, day, /not cut by the calendar/],
  [offset(1), month, osloMonth, /time zone is UTC there and Europe\/Oslo here; use one for both/],
  [expand, day, month, /expand from the larger period to the smaller/],
  [expand, month, week, /does not consist of whole week periods/],
  [expand, osloMonth, day, /one time zone for both/],
  [expand, region, day, /does not consist/],
  [{ map: "rollup", from: "key" }, any, day, /roll up from the smaller/],
  [{ map: "all" }, region, any, /not known beforehand; give it keys\(\)/],
  [table({}), region, region, /is empty; give it at least one row/],
  [table({ eu: "asia" }), region, region, /maps "eu" to what it has not/],
  [table({ asia: "eu" }), region, region, /a row that never comes/],
  [{ map: "offset", from: "date", by: 1 }, day, day, /the key "date", which is not there/],
  [same, any, day, /cut by dynamic there and by day here/],
])("%j from %j to %j is refused with its mend", (map, from, to, reason) => {
  expect(problem(map, from, to)).toMatch(reason);
});

function members(leg: Partial<LegSpec>, source: PartitionSchemes, consumer: PartitionSchemes) {
  const whole = { source: { type: "dataset", dataset: "d/x" }, where: null, partition: {}, ...leg };
  return memberProblems(whole as LegSpec, source, consumer);
}
const rollup = { month: { map: "rollup", from: "date" } } as const;

test("a leg may be complete in keys that are listed, named, or mapped", () => {
  const source = { date: day, region };
  const complete = { date: "all", region: "all" } as const;
  expect(members({ partition: rollup, complete }, source, { month })).toEqual([]);
  const listed = { date: ["2026-01-01"], region: ["eu"] };
  expect(members({ complete: listed }, source, {})).toEqual([]);
});

test("a leg that leaves open what it needs to be complete is refused", () => {
  expect(members({ complete: { region: "all" } }, { date: day, region }, {})).toEqual([
    expect.stringMatching(/leaves open which "date" is meant; map that key/),
  ]);
  expect(members({ complete: { who: "all" } }, { who: any }, {})).toEqual([
    expect.stringMatching(/no end of values of "who"/),
  ]);
});

test("a leg that needs too many partitions to be complete is refused", () => {
  const hour = { kind: "hour", start: "2026-01-01T00", timezone: "UTC" } as const;
  const year = { kind: "year", start: "2026", timezone: "UTC" } as const;
  const leg = {
    partition: { year: { map: "rollup", from: "hour" } },
    complete: { hour: "all", region: "all" },
  } as const;
  expect(members(leg, { hour, region }, { year })).toEqual([
    expect.stringMatching(/10000 partitions or more/),
  ]);
});

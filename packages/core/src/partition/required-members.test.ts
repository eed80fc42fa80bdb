import { expect, test } from "vitest";
import { partitionText, type PartitionSchemes } from "../spec/partition-spec.ts";
import type { LegSpec } from "../spec/trigger-spec.ts";
import { requiredMembers } from "./required-members.ts";

const day = { kind: "day", start: "2026-01-30", timezone: "UTC" } as const;
const month = { kind: "month", start: "2026-01", timezone: "UTC" } as const;
const region = { kind: "keys", values: ["eu", "us", "asia"] } as const;

function needed(
  leg: Pick<LegSpec, "partition"> & { readonly complete?: NonNullable<LegSpec["complete"]> },
  group: Readonly<Record<string, string>>,
  source: PartitionSchemes,
  consumer: PartitionSchemes,
) {
  const whole: LegSpec = { source: { type: "dataset", dataset: "d/x" }, where: null, ...leg };
  return requiredMembers(whole, group, source, consumer);
}
const texts = (...members: Readonly<Record<string, string>>[]) =>
  new Set(members.map(partitionText));

test("a leg that need not be complete has no members to wait for", () => {
  const partition = { month: { map: "rollup", from: "date" } } as const;
  expect(needed({ partition }, { month: "2026-02" }, { date: day }, { month })).toBeNull();
});

test("a month needs all of its days, but none from before the source's start", () => {
  const leg = {
    partition: { month: { map: "rollup", from: "date" } },
    complete: { date: "all" },
  } as const;
  const of = (value: string) => needed(leg, { month: value }, { date: day }, { month });
  expect(of("2026-02")?.size).toBe(28);
  expect(of("2026-01")).toEqual(texts({ date: "2026-01-30" }, { date: "2026-01-31" }));
});

test("keys that need not be complete have the one value that leads to the group", () => {
  const partition = { date: { map: "same", from: "date" } } as const;
  const source = { date: day, region };
  const group = { date: "2026-02-01" };
  const all = needed({ partition, complete: { region: "all" } }, group, source, { date: day });
  expect(all).toEqual(texts(...region.values.map((value) => ({ ...group, region: value }))));
  const some = { partition, complete: { region: ["eu", "us"] } };
  expect(needed(some, group, source, { date: day })).toEqual(
    texts({ ...group, region: "eu" }, { ...group, region: "us" }),
  );
});

test("offsets and tables are turned round", () => {
  const consumer = { date: day, zone: { kind: "keys", values: ["west", "east"] } } as const;
  const leg = {
    partition: {
      date: { map: "offset", from: "date", by: 1 },
      zone: { map: "table", from: "region", values: { eu: "west", us: "west", asia: "east" } },
    },
    complete: { region: "all" },
  } as const;
  const group = { date: "2026-03-01", zone: "west" };
  expect(needed(leg, group, { date: day, region }, consumer)).toEqual(
    texts({ date: "2026-02-28", region: "eu" }, { date: "2026-02-28", region: "us" }),
  );
});

test("a key without a bound leaves open what is needed", () => {
  const leg = { partition: {}, complete: { region: "all" } } as const;
  expect(needed(leg, {}, { date: day, region }, {})).toBeNull();
});

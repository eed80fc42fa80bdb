import { expect, test } from "vitest";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { BackfillSelection } from "./backfill.ts";
import {
  BACKFILL_PARTITIONS_MAX,
  selectPartitions,
  type SelectedPartitions,
} from "./select-partitions.ts";

const utc = { start: "2026-01-01", timezone: "UTC" };
const DAY: PartitionSchemes = { date: { kind: "day", ...utc } };
const REGIONS: PartitionSchemes = {
  date: { kind: "day", ...utc },
  region: { kind: "keys", values: ["eu", "us"] },
};

const select = (partitions: PartitionSchemes, selection: BackfillSelection): SelectedPartitions =>
  selectPartitions({ namespace: "default", name: "p", partitions }, selection);
const range = (
  from: string | null,
  to: string | null,
  keys: Record<string, readonly string[]> = {},
): BackfillSelection => ({ type: "range", from, to, keys });
const values = (selected: SelectedPartitions): readonly string[] =>
  selected.ok
    ? selected.partitions.map((partition) => Object.values(partition).join(" "))
    : selected.issues;

test("a range has its first and its last period", () => {
  expect(values(select(DAY, range("2026-02-27", "2026-03-01")))).toEqual([
    "2026-02-27",
    "2026-02-28",
    "2026-03-01",
  ]);
});

test("a range of periods is crossed with every value of the keys, or with those named", () => {
  expect(values(select(REGIONS, range("2026-01-01", "2026-01-02")))).toEqual([
    "2026-01-01 eu",
    "2026-01-01 us",
    "2026-01-02 eu",
    "2026-01-02 us",
  ]);
  expect(
    values(select(REGIONS, range("2026-01-01", "2026-01-02", { region: ["us", "us"] }))),
  ).toEqual(["2026-01-01 us", "2026-01-02 us"]);
});

test("hours that the clocks skip are none, and a doubled hour is one", () => {
  const hours: PartitionSchemes = {
    hour: { kind: "hour", start: "2026-01-01T00", timezone: "Europe/Berlin" },
  };
  expect(values(select(hours, range("2026-03-29T01", "2026-03-29T03")))).toEqual([
    "2026-03-29T01",
    "2026-03-29T03",
  ]);
  expect(values(select(hours, range("2026-10-25T01", "2026-10-25T03")))).toHaveLength(3);
});

test("listed partitions are taken once each, however their keys are ordered", () => {
  const partitions = [
    { date: "2026-01-01", region: "eu" },
    { region: "eu", date: "2026-01-01" },
    { date: "2026-01-02", region: "eu" },
  ];
  expect(values(select(REGIONS, { type: "list", partitions }))).toHaveLength(2);
});

test("exactly the most partitions are taken, and one more is refused", () => {
  const shape: PartitionSchemes = {
    hour: { kind: "hour", start: "2026-01-01T00", timezone: "UTC" },
    part: { kind: "keys", values: ["a", "b", "c", "d"] },
  };
  // 2,500 hours after 2026-01-01T00 the last is 2026-04-15T03.
  const most = select(shape, range("2026-01-01T00", "2026-04-15T03"));
  expect(most.ok && most.partitions.length).toBe(BACKFILL_PARTITIONS_MAX);
  expect(values(select(shape, range("2026-01-01T00", "2026-04-15T04")))).toEqual([
    expect.stringMatching(/more than 10000 partitions.*shorter range/),
  ]);
});

const TWO_CALENDARS: PartitionSchemes = { ...DAY, month: { kind: "month", ...utc } };
const DYNAMIC: PartitionSchemes = { ...DAY, shop: { kind: "dynamic", match: null } };

test.each([
  [{}, range(null, null), /no partitions to fill/],
  [DAY, range(null, null), /first and the last date/],
  [DAY, range("2026-01-01", null), /first and the last date/],
  [DAY, range("2026-02-30", "2026-03-01"), /--from is "2026-02-30", which is no day/],
  [DAY, range("2026-02-01", "March"), /--to is "March", which is no day/],
  [DAY, range("2025-12-31", "2026-03-01"), /before the first day/],
  [DAY, range("2026-03-02", "2026-03-01"), /before --from/],
  [DAY, range("2026-03-01", "2026-03-01", { region: ["eu"] }), /no partition key region/],
  [REGIONS, range("2026-03-01", "2026-03-01", { region: ["mars"] }), /none of the keys/],
  [DAY, range("2026-03-01", "2026-03-01", { date: ["2026-03-01"] }), /no calendar key left/],
  [TWO_CALENDARS, range("2026-03-01", "2026-03-01"), /--key date=… or --key month=…/],
  [DYNAMIC, range("2026-03-01", "2026-03-01"), /--key shop=…/],
  [DAY, { type: "list", partitions: [{ date: "2026-02-30" }] }, /no day/],
  [DAY, { type: "list", partitions: [{}] }, /say which date/],
  [DAY, { type: "list", partitions: [] }, /which partitions/],
] as const)("%# a selection that means nothing says why", (schemes, selection, why) => {
  const selected = select(schemes, selection);
  expect(selected.ok).toBe(false);
  expect(values(selected).join("\n")).toMatch(why);
});

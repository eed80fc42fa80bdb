import { expect, test } from "vitest";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { intervalPartition, mapPartition } from "./map-partition.ts";

const day = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
const month = { kind: "month", start: "2026-01", timezone: "UTC" } as const;
const region = { kind: "keys", values: ["eu", "us"] } as const;
const source = {
  schemes: { date: day, region },
  partition: { date: "2026-11-21", region: "eu" },
  at: Date.parse("2026-11-21T06:00Z"),
  data: { data: { date: "2026-11-22", rows: 3, days: ["2026-11-23"] } },
};

test("each key of the consumer gets the value that its map says", () => {
  const to: PartitionSchemes = { day, month, region, other: region, told: day };
  const result = mapPartition(
    {
      day: { map: "same", from: "date" },
      month: { map: "rollup", from: "date" },
      region: { map: "fixed", value: "us" },
      other: { map: "same", from: "region" },
      told: { map: "path", path: ["data", "date"] },
    },
    source,
    to,
    10,
  );
  const partition = {
    day: "2026-11-21",
    month: "2026-11",
    region: "us",
    other: "eu",
    told: "2026-11-22",
  };
  expect(result).toEqual({ ok: true, partitions: [partition], cut: 0 });
});

test("a consumer without keys gets the empty partition, whatever the fact's is", () => {
  expect(mapPartition({}, source, {}, 10)).toEqual({ ok: true, partitions: [{}], cut: 0 });
});

test.each([
  [{}, day, 'partition key "key": nothing maps to it'],
  [{ key: { map: "same", from: "hour" } }, day, /the source has no partition key "hour"/],
  [{ key: { map: "same", from: "toString" } }, day, /no partition key "toString"/],
  [{ key: { map: "same", from: "region" } }, day, /"eu" is no day/],
  [
    { key: { map: "rollup", from: "region" } },
    month,
    /"region" of the source does not roll up to a month/,
  ],
  [{ key: { map: "fixed", value: "asia" } }, region, /"asia" is none of the keys/],
  [
    { key: { map: "path", path: ["data", "rows"] } },
    day,
    /at data\.rows there has to be text, and there is number/,
  ],
  [{ key: { map: "path", path: ["data", "days", "0"] } }, day, /there is nothing/],
  [{ key: { map: "path", path: ["constructor", "name"] } }, region, /there is nothing/],
  [{ key: { map: "path", path: ["data", "days"] } }, day, /there is a list/],
] as const)("%j onto %j says why it cannot be", (maps, scheme, reason) => {
  const result = mapPartition(maps, source, { key: scheme }, 10);
  expect(result.ok).toBe(false);
  expect(result.ok || result.reason).toMatch(reason);
});

test("an interval is for the period that it began in", () => {
  const berlin = { kind: "day", start: "2026-01-01", timezone: "Europe/Berlin" } as const;
  expect(intervalPartition({ date: berlin }, Date.parse("2026-11-20T23:00Z"))).toEqual({
    date: "2026-11-21",
  });
});

const wide: PartitionSchemes = { date: day, region };

test("a key may have several values, and the partitions are all their combinations", () => {
  const result = mapPartition(
    { date: { map: "same", from: "date" }, region: { map: "all" } },
    source,
    wide,
    10,
  );
  const partitions = ["eu", "us"].map((value) => ({ date: "2026-11-21", region: value }));
  expect(result).toEqual({ ok: true, partitions, cut: 0 });
});

test("what exceeds atMost is cut, and the newest periods are kept", () => {
  const to: PartitionSchemes = { date: { ...day, start: "2026-11-01" }, region };
  const result = mapPartition({ date: { map: "all" }, region: { map: "all" } }, source, to, 4);
  expect(result).toEqual({
    ok: true,
    partitions: [
      { date: "2026-11-20", region: "eu" },
      { date: "2026-11-20", region: "us" },
      { date: "2026-11-21", region: "eu" },
      { date: "2026-11-21", region: "us" },
    ],
    cut: 38,
  });
});

test("a fact of a month is for each of its days that there is", () => {
  const monthly = { ...source, schemes: { month }, partition: { month: "2026-02" } };
  const maps = { date: { map: "expand", from: "month" } } as const;
  const to = { date: { ...day, start: "2026-02-27" } };
  expect(mapPartition(maps, monthly, to, 10)).toEqual({
    ok: true,
    partitions: [{ date: "2026-02-27" }, { date: "2026-02-28" }],
    cut: 0,
  });
  expect(mapPartition(maps, monthly, { date: { ...day, start: "2026-03-01" } }, 10)).toEqual({
    ok: false,
    reason: 'partition key "date": in 2026-02 there is no day of it',
  });
});

test("an offset moves the period, and out of the calendar it is a mismatch", () => {
  const first = { ...source, partition: { date: "2026-01-01" } };
  const by = (periods: number) =>
    mapPartition({ date: { map: "offset", from: "date", by: periods } }, first, { date: day }, 1);
  expect(by(1)).toEqual({ ok: true, partitions: [{ date: "2026-01-02" }], cut: 0 });
  expect(by(-1)).toMatchObject({ ok: false, reason: /before the first day/ });
});

test("a table maps what it names, and nothing else", () => {
  const values = { eu: "north" };
  const to: PartitionSchemes = { zone: { kind: "keys", values: ["north", "south"] } };
  const maps = { zone: { map: "table", from: "region", values } } as const;
  expect(mapPartition(maps, source, to, 1)).toMatchObject({ partitions: [{ zone: "north" }] });
  const other = { ...source, partition: { ...source.partition, region: "us" } };
  expect(mapPartition(maps, other, to, 1)).toEqual({
    ok: false,
    reason: 'partition key "zone": its table has no row for "us"',
  });
});

test("a dynamic key takes any value that matches, and has no all", () => {
  const to: PartitionSchemes = { who: { kind: "dynamic", match: "e*" } };
  const from = (value: string) => mapPartition({ who: { map: "fixed", value } }, source, to, 1).ok;
  expect([from("eu"), from("us"), from("e/u")]).toEqual([true, false, false]);
  expect(mapPartition({ who: { map: "all" } }, source, to, 1).ok).toBe(false);
});

test("no more than atMost values are built of an endless calendar", () => {
  const hour = { kind: "hour", start: "1900-01-01T00", timezone: "UTC" } as const;
  const result = mapPartition({ hour: { map: "all" } }, source, { hour }, 2);
  expect(result).toMatchObject({
    partitions: [{ hour: "2026-11-21T05" }, { hour: "2026-11-21T06" }],
  });
  expect(result.ok && result.cut).toBeGreaterThan(1_000_000);
});

test("a partition that no index can hold is a reason, and not a crash", () => {
  const keys = ["a", "b", "c", "d", "e"];
  const to = Object.fromEntries(
    keys.map((key) => [key, { kind: "dynamic", match: null }] as const),
  );
  const maps = Object.fromEntries(
    keys.map((key) => [key, { map: "path", path: ["data", key] }] as const),
  );
  const map = (length: number) => {
    const data = Object.fromEntries(keys.map((key) => [key, "x".repeat(length)]));
    return mapPartition(maps, { ...source, data: { data } }, to, 10);
  };
  expect(map(300)).toMatchObject({ ok: true });
  expect(map(500)).toEqual({
    ok: false,
    reason: "the partition has more than 2048 bytes in all; shorten its values",
  });
});

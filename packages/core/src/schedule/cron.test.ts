import { expect, test } from "vitest";
import { cronProblem, nextTick, previousTick, ticksBetween } from "./cron.ts";

test.each([
  "* * * * *",
  "0 6 * * *",
  "*/15 9-17 * * MON-FRI",
  "0 0 29 2 *",
  "0 0 L * *",
  "0 0 * * 1#2",
  "0 0 1,15 * 5",
  "@hourly",
  "@daily",
  "@Midnight",
  "@weekly",
  "@monthly",
  "@yearly",
  "@annually",
  " 0  6 * * * ",
])("%j is a schedule", (cron) => {
  expect(cronProblem(cron, "Europe/Berlin")).toBeNull();
});

test.each([
  ["", /is empty; write five fields such as/],
  ["  ", /is empty/],
  ["@reboot", /no one machine that starts/],
  ["@every 5s", /has 2 fields; write five fields/],
  ["@fortnightly", /cannot be read/],
  ["* * *", /has 3 fields/],
  ["*/5 * * * * *", /has 6 fields/],
  ["0 0 1 1 * 2030", /has 6 fields/],
  ["2026-01-01T00:00:00", /has 1 field;/],
  ["60 * * * *", /cannot be read \(Invalid value for minute: 60\); write/],
  ["*/0 * * * *", /cannot be read/],
  ["0 22-3 * * *", /cannot be read/],
  ["0 0 30 2 *", /never fires/],
  ["0 0 31 4,6,9,11 *", /never fires/],
  [`${"0,".repeat(200)}0 * * * *`, /has 409 characters, and 256 at most/],
])("%j is refused with its reason", (cron, reason) => {
  expect(cronProblem(cron, "UTC")).toMatch(reason);
});

test("a wrong time zone is named before the expression is looked at", () => {
  expect(cronProblem("0 6 * * *", "Mars/Olympus")).toContain('"Mars/Olympus"');
});

const iso = (ticks: readonly (number | null)[]) =>
  ticks.map((tick) => (tick === null ? null : new Date(tick).toISOString().slice(0, 16)));

type Row = [cron: string, timezone: string, after: string, until: string, ticks: readonly string[]];

/** The ticks in (`after`, `until`], all in UTC. */
test.each<Row>([
  // A local time that does not exist fires at the next that does.
  [
    "30 2 * * *",
    "Europe/Berlin",
    "2027-03-27T12:00",
    "2027-03-29T12:00",
    ["2027-03-28T01:00", "2027-03-29T00:30"],
  ],
  [
    "15 2 * * *",
    "Australia/Lord_Howe",
    "2026-10-03T00:00",
    "2026-10-04T23:00",
    ["2026-10-03T15:30", "2026-10-04T15:15"],
  ],
  [
    "0 0 * * *",
    "Africa/Cairo",
    "2026-04-23T00:00",
    "2026-04-24T23:00",
    ["2026-04-23T22:00", "2026-04-24T21:00"],
  ],
  [
    "0 0 * * *",
    "Asia/Beirut",
    "2026-03-28T00:00",
    "2026-03-29T23:00",
    ["2026-03-28T22:00", "2026-03-29T21:00"],
  ],
  [
    "0 0 * * *",
    "America/Santiago",
    "2026-09-05T12:00",
    "2026-09-07T12:00",
    ["2026-09-06T04:00", "2026-09-07T03:00"],
  ],
  [
    "@daily",
    "America/Havana",
    "2026-03-07T12:00",
    "2026-03-09T12:00",
    ["2026-03-08T05:00", "2026-03-09T04:00"],
  ],
  // Several of one hole are one.
  [
    "*/20 2 * * *",
    "America/New_York",
    "2027-03-14T00:00",
    "2027-03-14T12:00",
    ["2027-03-14T07:00"],
  ],
  // The hole's end is a tick of its own already.
  ["0 2,3 * * *", "America/New_York", "2027-03-14T00:00", "2027-03-14T12:00", ["2027-03-14T07:00"]],
  // A local time that exists twice fires at the first.
  ["30 1 * * *", "America/New_York", "2026-11-01T00:00", "2026-11-01T12:00", ["2026-11-01T05:30"]],
  [
    "*/30 2 * * *",
    "Europe/Berlin",
    "2026-10-24T12:00",
    "2026-10-25T12:00",
    ["2026-10-25T00:00", "2026-10-25T00:30"],
  ],
  [
    "0 0 * * *",
    "America/Havana",
    "2026-10-31T12:00",
    "2026-11-02T12:00",
    ["2026-11-01T04:00", "2026-11-02T05:00"],
  ],
  [
    "45 1 * * *",
    "Australia/Lord_Howe",
    "2026-04-04T00:00",
    "2026-04-05T00:00",
    ["2026-04-04T14:45"],
  ],
  // Every hour means every hour that passes.
  [
    "@hourly",
    "Europe/Berlin",
    "2026-10-24T23:00",
    "2026-10-25T03:00",
    ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T03:00"],
  ],
  [
    "30 * * * *",
    "Europe/Berlin",
    "2027-03-27T23:30",
    "2027-03-28T02:30",
    ["2027-03-28T00:30", "2027-03-28T01:30", "2027-03-28T02:30"],
  ],
  [
    "30 0-23 * * *",
    "Africa/Cairo",
    "2026-10-29T19:30",
    "2026-10-29T22:30",
    ["2026-10-29T20:30", "2026-10-29T21:30", "2026-10-29T22:30"],
  ],
  [
    "15 * * * *",
    "Australia/Lord_Howe",
    "2026-10-03T14:45",
    "2026-10-03T17:00",
    ["2026-10-03T15:30", "2026-10-03T16:15"],
  ],
])("%j in %s fires after %s and until %s at %j", (cron, timezone, ...[after, until, ticks]) => {
  const between = ticksBetween(
    { cron, timezone },
    Date.parse(`${after}Z`),
    Date.parse(`${until}Z`),
    99,
  );
  expect(iso(between)).toEqual(ticks);
});

test("the next tick lies strictly after, the previous strictly before", () => {
  const schedule = { cron: "0 6 * * *", timezone: "UTC" };
  const six = Date.parse("2026-05-05T06:00Z");
  expect(iso([nextTick(schedule, six), nextTick(schedule, six - 1)])).toEqual([
    "2026-05-06T06:00",
    "2026-05-05T06:00",
  ]);
  expect(iso([previousTick(schedule, six), previousTick(schedule, six + 1)])).toEqual([
    "2026-05-04T06:00",
    "2026-05-05T06:00",
  ]);
});

test("ticks between two instants are as many as asked for, the oldest first", () => {
  const schedule = { cron: "* * * * *", timezone: "UTC" };
  expect(ticksBetween(schedule, 0, 600_000, 3)).toEqual([60_000, 120_000, 180_000]);
  expect(ticksBetween(schedule, 0, 600_000, 0)).toEqual([]);
  expect(ticksBetween(schedule, 600_000, 0, 3)).toEqual([]);
});

test("leap days are found years ahead", () => {
  const schedule = { cron: "0 0 29 2 *", timezone: "Asia/Tokyo" };
  expect(iso([nextTick(schedule, Date.parse("2096-03-01T00:00Z"))])).toEqual(["2104-02-28T15:00"]);
});

import { describe, expect, test } from "vitest";
import { freshnessAt } from "./freshness-state.ts";

const at = (text: string): number => Date.parse(text);
const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

describe("within", () => {
  const policy = { type: "within", withinMs: 7_200_000 } as const;

  test("a dataset is fresh until its update is so old, and stale from then on", () => {
    const last = { at: at("2026-03-01T10:00:00Z") };
    const before = freshnessAt(policy, last, at("2026-03-01T11:59:59.999Z"));
    expect([before.state, iso(before.dueAt)]).toEqual(["fresh", "2026-03-01T12:00:00.000Z"]);
    const after = freshnessAt(policy, last, at("2026-03-01T12:00:00Z"));
    expect([after.state, iso(after.dueAt)]).toEqual(["stale", "2026-03-01T12:00:00.000Z"]);
  });

  test("the reason says how old it is, and what it may be", () => {
    const { reason } = freshnessAt(policy, { at: 0 }, 3 * 3_600_000);
    expect(reason).toBe(
      "its last update was 3h ago, and the next has been due for 1h (at most 2h old)",
    );
  });

  test("what was never updated is unknown, and due at no time", () => {
    expect(freshnessAt(policy, null, at("2026-03-01T12:00:00Z"))).toEqual({
      state: "unknown",
      dueAt: null,
      reason: "it was never updated",
    });
  });
});

describe("by", () => {
  const policy = { type: "by", at: "06:00", timezone: "UTC" } as const;
  const dueAfter = (last: string): string | null =>
    iso(freshnessAt(policy, { at: at(last) }, at(last)).dueAt);

  test("an update serves the first time after it, and is too old at the second", () => {
    expect(dueAfter("2026-03-01T05:59:59.999Z")).toBe("2026-03-02T06:00:00.000Z");
    expect(dueAfter("2026-03-01T06:00:00Z")).toBe("2026-03-03T06:00:00.000Z");
    expect(dueAfter("2026-03-01T23:00:00Z")).toBe("2026-03-03T06:00:00.000Z");
  });

  test.each([
    // Clocks are set on at 02:00 on 29 March: the day has 23 hours, and no 02:30.
    ["06:00", "2026-03-28T12:00:00Z", "2026-03-30T04:00:00.000Z"],
    ["06:00", "2026-03-27T12:00:00Z", "2026-03-29T04:00:00.000Z"],
    ["02:30", "2026-03-27T12:00:00Z", "2026-03-29T01:00:00.000Z"],
    // Clocks are set back at 03:00 on 25 October: the day has 25 hours, and 02:30 twice.
    ["06:00", "2026-10-24T12:00:00Z", "2026-10-26T05:00:00.000Z"],
    ["02:30", "2026-10-24T01:00:00Z", "2026-10-26T01:30:00.000Z"],
    ["02:30", "2026-10-23T12:00:00Z", "2026-10-25T00:30:00.000Z"],
  ])("by %s in Berlin, an update at %s suffices until %s", (time, last, due) => {
    const berlin = { type: "by", at: time, timezone: "Europe/Berlin" } as const;
    expect(iso(freshnessAt(berlin, { at: at(last) }, at(last)).dueAt)).toBe(due);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterDealing,
  afterFailure,
  afterSuccess,
  backingOff,
  failureWords,
  newHealth,
  type SourceHealth,
} from "./source-health.ts";

const NOON = Date.UTC(2026, 1, 3, 12);
const NOTHING = { received: 0, recorded: 0, buried: 0, oldestAt: null };

describe("the health of a source", () => {
  test("is unknown until something succeeds or fails", () => {
    expect(newHealth(NOON)).toMatchObject({ state: "starting", lastSuccessAt: null, lagMs: null });
  });

  test("counts what it dealt with, and how late", () => {
    const dealt = { received: 10, recorded: 7, buried: 1, oldestAt: NOON - 5_000 };
    const once = afterSuccess(afterDealing(newHealth(NOON), NOON, dealt), NOON);
    const twice = afterDealing(once, NOON + 1_000, { ...dealt, oldestAt: NOON });
    expect(once).toMatchObject({ state: "working", lastSuccessAt: NOON, lagMs: 5_000 });
    expect(twice).toMatchObject({ received: 20, recorded: 14, buried: 2, lagMs: 1_000 });
  });

  test.each<readonly [string, number, number | null, number | null]>([
    ["nothing was there: no lag", 0, null, 0],
    ["no message had a time: the lag is not known anew", 3, null, 9_000],
    ["an event ahead of this clock has no lag", 3, NOON + 60_000, 0],
  ])("%s", (_what, received, oldestAt, lagMs) => {
    const late: SourceHealth = { ...newHealth(NOON), lagMs: 9_000 };
    expect(afterDealing(late, NOON, { ...NOTHING, received, oldestAt }).lagMs).toBe(lagMs);
  });

  test("says what failed, how often, and how long it waits", () => {
    const failed = afterFailure(afterFailure(newHealth(NOON), NOON, "one"), NOON + 1, "two");
    expect(backingOff(failed, NOON + 900)).toMatchObject({
      state: "failing",
      lastFailureAt: NOON + 1,
      lastFailure: "two",
      failuresInARow: 2,
      backoffUntil: NOON + 900,
    });
  });

  test("is well again after a success, and still says what failed last", () => {
    const failed = backingOff(afterFailure(newHealth(NOON), NOON, "no network"), NOON + 500);
    expect(afterSuccess(failed, NOON + 600)).toMatchObject({
      state: "working",
      lastFailure: "no network",
      lastFailureAt: NOON,
      failuresInARow: 0,
      backoffUntil: null,
    });
  });

  test("of part of the work is counted, and no success", () => {
    const failed = afterFailure(newHealth(NOON), NOON, "away");
    const partly = afterDealing(failed, NOON, { ...NOTHING, received: 3, recorded: 2 });
    expect(partly).toEqual({ ...failed, received: 3, recorded: 2 });
  });

  test("never counts down, and fails exactly when the last word was a failure", () => {
    const step = fc.oneof(fc.nat(20), fc.constant("failed"));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        let health = newHealth(NOON);
        for (const [at, each] of steps.entries()) {
          const before = health;
          health =
            typeof each === "string"
              ? afterFailure(health, NOON + at, each)
              : afterSuccess(
                  afterDealing(health, NOON + at, { ...NOTHING, received: each }),
                  NOON + at,
                );
          expect(health.received).toBeGreaterThanOrEqual(before.received);
        }
        const isFailing = steps.at(-1) === "failed";
        expect(health.state).toBe(isFailing ? "failing" : "working");
        expect(health.failuresInARow > 0).toBe(isFailing);
      }),
    );
  });
});

describe("a failure in words", () => {
  test.each<readonly [unknown, string]>([
    [new Error("no such queue"), "It failed. (no such queue)"],
    [new TypeError(""), "It failed. (TypeError)"],
    [null, "It failed."],
    ["text", "It failed."],
  ])("of %o is %s", (error, words) => expect(failureWords("It failed.", error)).toBe(words));

  test("is never longer than a line", () => {
    expect(failureWords("It failed.", new Error("x".repeat(10_000)))).toHaveLength(500);
  });
});

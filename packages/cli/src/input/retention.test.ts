import { describe, expect, test } from "vitest";
import { toRetention } from "./retention.ts";

const DAY_MS = 86_400_000;

describe("--retention", () => {
  test("without it, history is kept for ever", () => {
    expect(toRetention(undefined)).toBeNull();
    expect(toRetention("")).toBeNull();
  });

  test("keys are kept longer than a source can tell them again", () => {
    expect(toRetention("1d")).toEqual({ historyMs: DAY_MS, keysMs: 15 * DAY_MS });
    expect(toRetention("90d")).toEqual({ historyMs: 90 * DAY_MS, keysMs: 90 * DAY_MS });
  });

  test("less than a minute, or what is no duration, is refused", () => {
    expect(() => toRetention("10s")).toThrow("the shortest is 1m");
    expect(() => toRetention("soon")).toThrow("write a duration");
  });
});

import { expect, test } from "vitest";
import { failureLine } from "./say-how-it-ended.ts";

const map = { name: "each", item: null, attempt: 1, startedAt: null };

test("what made no attempt is said without one", () => {
  const error = { name: "Error", message: "1 of 3 items failed" };
  expect(failureLine({ ...map, error, reason: null })).toBe("each failed: 1 of 3 items failed");
});

test("an item is named with its number and its attempt", () => {
  const item = { ...map, item: 1, attempt: 3, startedAt: new Date(0), error: null, reason: "late" };
  expect(failureLine(item)).toBe("each[1] failed at attempt 3: late");
});

import { expect, test } from "vitest";
import { healthChange } from "./health-change.ts";
import { afterFailure, afterSuccess, newHealth } from "./source-health.ts";

const started = newHealth(0);
const failing = afterFailure(started, 1, "The queue cannot be read\n(no host)");
const working = afterSuccess(started, 1);

test.each([
  ["starting", started, null],
  ["starting", working, null],
  ["starting", failing, "fails, and is tried again: The queue cannot be read (no host)"],
  ["working", failing, "fails, and is tried again: The queue cannot be read (no host)"],
  ["failing", failing, null],
  ["failing", working, "works again"],
  ["working", working, null],
] as const)("a source that was %s and is %o says %s", (before, after, line) => {
  expect(healthChange(before, after)).toBe(line);
});

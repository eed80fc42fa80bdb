import { expect, test } from "vitest";
import { retryDelayMs } from "./retry-delay.ts";

const base = { limit: 9, delayMs: 1_000, maxMs: 5_000, jitter: false } as const;
const delays = (backoff: "fixed" | "linear" | "exponential", jitter = false) =>
  [1, 2, 3, 4].map((failures) => retryDelayMs({ ...base, backoff, jitter }, failures, 0.5));

test("delays grow as their backoff says, up to the most", () => {
  expect(delays("fixed")).toEqual([1_000, 1_000, 1_000, 1_000]);
  expect(delays("linear")).toEqual([1_000, 2_000, 3_000, 4_000]);
  expect(delays("exponential")).toEqual([1_000, 2_000, 4_000, 5_000]);
});

test("jitter spreads a delay over the whole interval below it", () => {
  expect(delays("exponential", true)).toEqual([500, 1_000, 2_000, 2_500]);
  expect(retryDelayMs({ ...base, backoff: "fixed", jitter: true }, 1, 0)).toBe(0);
});

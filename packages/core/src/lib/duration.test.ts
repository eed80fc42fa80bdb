import { expect, test } from "vitest";
import { DURATION_MS_MAX, formatDuration, parseDurationMs } from "./duration.ts";

test.each([
  ["500ms", 500],
  ["90s", 90_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
  ["1w", 604_800_000],
  ["1h30m", 5_400_000],
  ["1w1d1h1m1s1ms", 694_861_001],
  ["0s", 0],
  ["3653d", DURATION_MS_MAX],
])("%s is %d milliseconds", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each([
  "",
  " 1s",
  "1s ",
  "1 s",
  "1",
  "s",
  "-1s",
  "+1s",
  "1.5h",
  "1e3s",
  "30m1h",
  "1h1h",
  "1H",
  "1y",
  "0ms",
  "0h",
  "0m0s",
  "00s",
  "3654d",
  "9999999999999999999999s",
  `${"9".repeat(400)}s`,
  "١s",
  "1s\n",
])("%j is not a duration", (text) => {
  expect(parseDurationMs(text)).toBeNull();
});

test.each([
  [0, "0ms"],
  [0.4, "0ms"],
  [350, "350ms"],
  [999.6, "1s"],
  [1_000, "1s"],
  [1_240, "1.2s"],
  [59_949, "59.9s"],
  [59_990, "1m"],
  [125_000, "2m 5s"],
  [3_600_000, "1h"],
  [3_599_999, "1h"],
  [5_400_000, "1h 30m"],
  [273_600_000, "3d 4h"],
  [604_800_000, "1w"],
  [-1_240, "-1.2s"],
])("%d milliseconds read %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

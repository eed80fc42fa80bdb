import {
  cronProblem,
  DURATION_MS_MAX,
  formatDuration,
  nextTick,
  parseDurationMs,
  partitionAt,
  partitionEnd,
  type PartitionScheme,
  partitionStart,
  partitionText,
  partitionValueProblem,
  previousTick,
} from "@millrace/core/internal";
import fc from "fast-check";
import { type FuzzTarget, holds, isReason, target } from "../fuzz-target.ts";
import { mutatedText } from "../mutated-text.ts";

const CRONS = [
  "0 6 * * *",
  "*/15 * * * *",
  "30 2 * * *",
  "0 0 1 * *",
  "0 0 29 2 *",
  "0 12 * * MON-FRI",
  "0 0 L * *",
  "0 0 * * 5#2",
  "5,10-20/2 0 1,15 JAN-MAR *",
  "@daily",
  "@hourly",
];
const OF_CRONS = [
  "*/0",
  "*/1",
  "60",
  "31",
  "30 2",
  "L",
  "W",
  "#",
  "LW",
  "MON",
  "@every 5s",
  "@reboot",
  "?",
];
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "America/St_Johns",
];
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const zone = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...ZONES) },
  mutatedText(ZONES, ["Etc/", "GMT", "+01:00", "Mars/Olympus"]),
);

/** Ticks lie on their side of the instant, and the one before the next is not after it. */
const cron: FuzzTarget<readonly [string, string, number]> = {
  name: "cron",
  inputs: fc.tuple(mutatedText(CRONS, OF_CRONS), zone, instant),
  probe([text, timezone, at]) {
    const problem = cronProblem(text, timezone);
    if (problem !== null) return holds(isReason(problem), "a refusal says why");
    const schedule = { cron: text, timezone };
    const next = nextTick(schedule, at);
    if (next === null) return;
    holds(next > at, "the next tick is after the instant");
    holds(nextTick(schedule, next - 1) === next, "a tick is the next one just before it");
    const before = previousTick(schedule, next);
    holds(before === null || before <= at, "no tick lies between the instant and the next tick");
  },
};

/** What is taken is a whole number in range, and milliseconds come back as they are written. */
const duration: FuzzTarget<readonly [string, number]> = {
  name: "duration",
  inputs: fc.tuple(
    mutatedText(
      ["500ms", "90s", "1h30m", "1w", "10d", "0s", "3653d"],
      ["w", "d", "h", "m", "s", "ms"],
    ),
    fc.integer({ min: 1, max: DURATION_MS_MAX }),
  ),
  probe([text, ms]) {
    const parsed = parseDurationMs(text);
    if (parsed !== null) {
      holds(Number.isSafeInteger(parsed) && parsed >= 0 && parsed <= DURATION_MS_MAX, "in range");
      holds(isReason(formatDuration(parsed)), "a duration can be shown");
    }
    holds(parseDurationMs(`${ms}ms`) === ms, "milliseconds are read as written");
  },
};

const SCHEMES: readonly PartitionScheme[] = [
  ...(["hour", "day", "week", "month", "quarter", "year"] as const).flatMap((kind) =>
    ["UTC", "Europe/Berlin", "Pacific/Apia"].map((timezone) => ({
      kind,
      timezone,
      start: {
        hour: "2011-01-01T00",
        day: "2011-01-01",
        week: "2011-W01",
        month: "2011-01",
        quarter: "2011-Q1",
        year: "2011",
      }[kind],
    })),
  ),
  { kind: "keys", values: ["eu", "us", "null", "1", "constructor"] },
  { kind: "dynamic", match: null },
  { kind: "dynamic", match: "cust-*-?" },
];
const VALUES = [
  "2026-11-21T05",
  "2026-11-21",
  "2026-02-30",
  "2026-W47",
  "2026-W53",
  "2026-11",
  "2026-Q4",
  "2026",
  "eu",
  "cust-17-a",
  "2011-12-30",
];

/** Of a value that is taken, the period begins before it ends and holds its own first instant. */
const partition: FuzzTarget<readonly [PartitionScheme, string]> = {
  name: "partition",
  inputs: fc.tuple(
    fc.constantFrom(...SCHEMES),
    mutatedText(VALUES, ["T24", "-00", "-13", "W00", "Q5"]),
  ),
  probe([scheme, value]) {
    const problem = partitionValueProblem(scheme, value);
    if (problem !== null) return holds(isReason(problem), "a refusal says why");
    holds(value.isWellFormed() && !value.includes("\0"), "a value can be stored");
    holds(Buffer.byteLength(value) <= 512, "a value fits an index");
    const text = partitionText({ key: value });
    holds((JSON.parse(text) as { key: string }).key === value, "its text holds the value");
    if (scheme.kind === "keys" || scheme.kind === "dynamic") return;
    const start = partitionStart(scheme, value);
    holds(start < partitionEnd(scheme, value), "a period has a length");
    holds(partitionAt(scheme, start) === value, "a period holds its first instant");
  },
};

export const TIME_TARGETS: readonly FuzzTarget[] = [
  target(cron),
  target(duration),
  target(partition),
];

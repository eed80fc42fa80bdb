import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import { cronProblem, type CronSchedule, nextTick } from "../schedule/cron.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { ScheduleSpec } from "../spec/trigger-spec.ts";
import { lengthProblems } from "./check-policy.ts";
import { valueProblem } from "./check-scheme.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

/** Enough ticks to see the shortest distance of every schedule that is written by hand. */
const TICKS_LOOKED_AT = 32;
/** Any instant will do: schedules repeat. */
const LOOKED_AT_FROM: Instant = Date.UTC(2026, 0, 1);

/** What is wrong with a schedule, without full stops. */
export function scheduleProblems(trigger: ScheduleSpec, { partitions }: PipelineSpec): string[] {
  const cron = cronProblem(trigger.cron, trigger.timezone);
  const problems = cron === null ? jitterProblems(trigger) : [cron];
  const keys = Object.entries(partitions);
  if (trigger.partition === "interval") {
    const kind = keys[0]?.[1].kind;
    if (keys.length !== 1 || kind === "keys" || kind === "dynamic") {
      problems.push(
        "partition: 'interval' needs a pipeline with exactly one partition key, a calendar one; " +
          "declare that, or give each key a value",
      );
    }
    return problems;
  }
  for (const [key, scheme] of keys) {
    const value = own(trigger.partition, key);
    const problem =
      value === undefined
        ? "it does not say which a run is for; write partition: 'interval' or a value"
        : valueProblem(scheme, value);
    if (problem !== null) problems.push(`the partition key ${quoted(key)}: ${problem}`);
  }
  for (const key of Object.keys(trigger.partition)) {
    if (own(partitions, key) === undefined) {
      problems.push(
        `the pipeline has no partition key ${quoted(key)}; declare it, or leave it out`,
      );
    }
  }
  return problems;
}

/** A tick that may come after the next one would let the two change places. */
function jitterProblems({ jitterMs, ...schedule }: ScheduleSpec): string[] {
  if (jitterMs === undefined) return [];
  const problems = lengthProblems("jitter", jitterMs, "10m");
  const distanceMs = shortestDistanceMs(schedule);
  if (problems.length > 0 || jitterMs < distanceMs) return problems;
  return [
    `its jitter (${formatDuration(jitterMs)}) is not less than the time between two ticks ` +
      `(${formatDuration(distanceMs)}); shorten it`,
  ];
}

function shortestDistanceMs(schedule: CronSchedule): number {
  let shortest = Infinity;
  let tick = nextTick(schedule, LOOKED_AT_FROM);
  for (let looked = 1; tick !== null && looked < TICKS_LOOKED_AT; looked++) {
    const next = nextTick(schedule, tick);
    if (next !== null) shortest = Math.min(shortest, next - tick);
    tick = next;
  }
  return shortest;
}

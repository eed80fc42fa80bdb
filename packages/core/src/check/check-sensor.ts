import { DURATION_MS_MAX } from "../lib/duration.ts";
import type { SensorSpec, TaskSpec } from "../spec/task-spec.ts";
import { choiceProblems, endlessProblems } from "./end-problems.ts";
import { quoted } from "./names.ts";
import { isWithin } from "./within-range.ts";

/** What a sensor says that it cannot, without full stops. */
export function sensorProblems({ kind, sensor }: TaskSpec): string[] {
  if (kind !== "sensor") {
    return sensor === undefined
      ? []
      : [`a check belongs to a sensor, and it is a ${kind}; leave it out`];
  }
  if (sensor === undefined) return ['a sensor has no rule; give it check: … and every: "30s"'];
  return [
    ...sensorTimeProblems(sensor),
    ...choiceProblems(sensor.onTimeout, ["fail", "skip", "value"]),
    ...endlessProblems("its", sensor),
  ];
}

/** Below it, a target would be asked faster than anything changes. */
const EVERY_MS_MIN = 1_000;
const FACTOR_MAX = 10;

/** Whether the times of a sensor go together. */
export function sensorTimeProblems(
  sensor: Pick<SensorSpec, "everyMs" | "timeoutMs" | "backoff">,
): string[] {
  const { everyMs, timeoutMs, backoff } = sensor;
  const problems: string[] = [];
  if (!isWithin(everyMs, EVERY_MS_MIN, DURATION_MS_MAX)) {
    problems.push(`its every of ${quoted(everyMs)} ms is out of range; give 1 s to ten years`);
  }
  if (timeoutMs !== null && !isWithin(timeoutMs, everyMs + 1, DURATION_MS_MAX)) {
    problems.push(
      `its timeout of ${quoted(timeoutMs)} ms leaves no time for a second ask after ${everyMs} ms; ` +
        "give a longer one, ten years at most",
    );
  }
  if (backoff.type !== "exponential") return problems;
  const { factor, maxMs } = backoff;
  if (!(factor >= 1 && factor <= FACTOR_MAX)) {
    problems.push(`the factor of its backoff, ${quoted(factor)}, is out of range; give 1 to 10`);
  }
  if (!isWithin(maxMs, everyMs, DURATION_MS_MAX)) {
    problems.push(
      `the max of its backoff, ${quoted(maxMs)} ms, is out of range; give at least its every`,
    );
  }
  return problems;
}

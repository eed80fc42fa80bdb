import { checkJson } from "../json/check-json.ts";
import { isRecord } from "../spec/json.ts";
import type { CheckBackoff, SensorSpec } from "../spec/task-spec.ts";
import { toDurationMs } from "./retry-options.ts";
import { readSensorCheck } from "./sensor-check.ts";
import type { TaskScope } from "./task-scope.ts";

type Written = Readonly<Record<string, unknown>>;

const FACTOR_DEFAULT = 2;

/** A sensor as data: what it asks is its handler's, how it waits is said here. */
export function toSensorSpec(written: Written, { problems }: TaskScope): SensorSpec {
  const { check, every, timeout, onTimeout } = written;
  if (typeof check !== "function") {
    const read = readSensorCheck(check);
    if (!read.ok) problems.push(read.problem);
  }
  if (every === undefined) problems.push('it has no every; write e.g. every: "30s"');
  return {
    everyMs: toDurationMs("every", every as string | undefined, 30_000, problems),
    timeoutMs:
      timeout === undefined ? null : toDurationMs("timeout", timeout as string, 1, problems),
    backoff: toCheckBackoff(written["backoff"], problems),
    onTimeout: toOnTimeout(onTimeout, problems),
  };
}

/** Also of what a handler is given, where nothing was compiled. */
export function toCheckBackoff(given: unknown, problems: string[]): CheckBackoff {
  if (given === undefined || given === "constant") return { type: "constant" };
  if (!isRecord(given)) {
    problems.push('its backoff is not known; write "constant" or { max: "10m" }');
    return { type: "constant" };
  }
  const { factor = FACTOR_DEFAULT, max } = given;
  if (max === undefined) problems.push('its backoff has no max; write backoff: { max: "10m" }');
  if (typeof factor !== "number") {
    problems.push("the factor of its backoff is no number; write backoff: { factor: 2 }");
  }
  return {
    type: "exponential",
    factor: typeof factor === "number" ? factor : FACTOR_DEFAULT,
    maxMs: toDurationMs("longest backoff", max as string | undefined, 3_600_000, problems),
  };
}

function toOnTimeout(given: unknown, problems: string[]): SensorSpec["onTimeout"] {
  if (given === undefined) return "fail";
  if (!isRecord(given)) return given as SensorSpec["onTimeout"];
  const read = checkJson(given["value"], "onTimeout.value");
  if (!read.ok) problems.push(`its onTimeout gives no JSON: ${read.problem}`);
  return "value";
}

import {
  formatDuration,
  type Instant,
  type JsonValue,
  unreachable as impossible,
} from "@millrace/core/internal";
import type { Observation } from "./observation.ts";
import { nextLookAt } from "./next-look.ts";
import type { SensorPolicy, SensorState, SensorWait } from "./sensor-policy.ts";

export type SensorDecision =
  | { readonly type: "again"; readonly atMs: Instant }
  | { readonly type: "done"; readonly value: JsonValue }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "skipped"; readonly reason: string };

export interface SensorStep {
  readonly decision: SensorDecision;
  /** For the next look. */
  readonly state: SensorState;
  /** As it is to be shown: what is missing after it was there is `removed`. */
  readonly observation: Observation;
}

/** When it is, and a uniform sample in [0, 1). */
export interface SensorMoment {
  readonly nowMs: Instant;
  readonly u: number;
}

/**
 * What a sensor does after a look, whatever it looks at. What was found counts even when it is
 * found late; for all else the timeout is the end: nothing is asked at it or after it.
 *
 *     again.atMs in (now, startedAt + timeoutMs],  and no later than the end of a grace
 */
export function decideSensor(
  wait: SensorWait,
  found: Observation,
  before: SensorState,
  moment: SensorMoment,
): SensorStep {
  const observation = judged(found, before);
  const state = nextState(before, observation, moment.nowMs);
  return { decision: decisionOf(wait, observation, state, moment), state, observation };
}

function decisionOf(
  wait: SensorWait,
  observation: Observation,
  state: SensorState,
  moment: SensorMoment,
): SensorDecision {
  if (observation.type === "succeeded") return { type: "done", value: observation.value };
  const policy = policyOf(wait, observation.type);
  const graceEnd = graceEndOf(policy, state);
  if (policy.then !== "wait" && moment.nowMs >= (graceEnd ?? 0))
    return ended(policy.then, reasonOf(observation, policy));
  const deadline = wait.timeoutMs === null ? null : state.startedAt + wait.timeoutMs;
  if (deadline !== null && moment.nowMs >= deadline) return timedOut(wait, observation);
  return { type: "again", atMs: nextLookAt(wait, state.looks, moment, [deadline, graceEnd]) };
}

function policyOf(wait: SensorWait, type: Exclude<Observation["type"], "succeeded">): SensorPolicy {
  switch (type) {
    case "missing":
      return wait.onMissing;
    case "unreachable":
      return wait.onUnreachable;
    case "removed":
      return wait.onRemoved;
    case "failed":
      return wait.onFailed;
    case "running":
      return { then: "wait", graceMs: 0 };
    default:
      return impossible(type);
  }
}

/** When patience ends with what the state is in now; null when it has none to end. */
function graceEndOf(policy: SensorPolicy, state: SensorState): Instant | null {
  return policy.then === "wait" || state.last === null ? null : state.last.since + policy.graceMs;
}

function timedOut({ onTimeout, timeoutMs }: SensorWait, observation: Observation): SensorDecision {
  if (typeof onTimeout === "object") return { type: "done", value: onTimeout.value };
  const waited = `waited ${formatDuration(timeoutMs ?? 0)} in vain`;
  return ended(onTimeout, `${waited}; at the last look it was ${wordsOf(observation)}`);
}

function ended(then: "fail" | "skip", reason: string): SensorDecision {
  return { type: then === "fail" ? "failed" : "skipped", reason };
}

function reasonOf(observation: Observation, { graceMs }: SensorPolicy): string {
  const since = graceMs === 0 ? "" : ` for ${formatDuration(graceMs)}`;
  return `what is waited for is ${wordsOf(observation)}${since}`;
}

/** An observation for people, with where to look. */
export function wordsOf(observation: Observation): string {
  const said = observation.type === "succeeded" ? "" : `: ${observation.said}`;
  const where = observation.url === null ? "" : ` (${observation.url})`;
  return `${observation.type}${said}${where}`;
}

/** Only who remembers can tell what is gone from what never was. */
function judged(found: Observation, before: SensorState): Observation {
  if (found.type !== "missing" || !before.wasThere) return found;
  return { ...found, type: "removed" };
}

function nextState(before: SensorState, { type }: Observation, nowMs: Instant): SensorState {
  const wasThere =
    before.wasThere || type === "running" || type === "failed" || type === "succeeded";
  const last = before.last?.type === type ? before.last : { type, since: nowMs };
  return { startedAt: before.startedAt, looks: before.looks + 1, wasThere, last };
}

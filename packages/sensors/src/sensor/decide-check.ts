import {
  type CheckDecision,
  type DecideCheck,
  type DueCheck,
  isRecord,
  type JsonValue,
} from "@millrace/core/internal";
import { decideSensor, wordsOf } from "../check/decide-sensor.ts";
import {
  firstSensorState,
  SENSOR_WAIT,
  type SensorState,
  type SensorWait,
} from "../check/sensor-policy.ts";
import type { Look } from "./asking.ts";
import type { StoredPolicies } from "./sensor-policies.ts";

/** What a look means for a sensor: `decideSensor`, with the policies that its check brings. */
export const decideCheck: DecideCheck<Look> = (check, look, { now, u }): CheckDecision => {
  // It stays due, and is the first to be asked when its target is asked again.
  if (look === "notAsked") return { type: "again", at: now, state: check.state, seen: null };
  const before = stateOf(check);
  const { decision, state, observation } = decideSensor(waitOf(check), look, before, {
    nowMs: now,
    u,
  });
  if (decision.type === "done" && look.type === "succeeded" && look.remember !== undefined)
    return { ...decision, remember: look.remember };
  if (decision.type !== "again") return decision;
  return { type: "again", at: decision.atMs, state: toJson(state), seen: wordsOf(observation) };
};

function waitOf({ wait }: DueCheck): SensorWait {
  const policies = wait.check["policies"];
  return {
    ...SENSOR_WAIT,
    ...(isRecord(policies) && (policies as StoredPolicies)),
    everyMs: wait.everyMs,
    backoff: wait.backoff,
    // The engine ends waits whose time is up, with what was seen last.
    timeoutMs: null,
  };
}

/** Null before the first look. */
function stateOf({ state, waiter }: DueCheck): SensorState {
  return state === null ? firstSensorState(waiter.since) : (state as unknown as SensorState);
}

function toJson({ startedAt, looks, wasThere, last }: SensorState): JsonValue {
  return { startedAt, looks, wasThere, last: last === null ? null : { ...last } };
}

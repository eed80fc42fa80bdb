import type { Instant, JsonValue } from "@millrace/core/internal";
import type { ObservationType } from "./observation.ts";

/** What to do about what is not there, is gone, or cannot be asked. */
export interface SensorPolicy {
  readonly then: "wait" | "fail" | "skip";
  /** How long it must have been so, without a break, before `then` applies. */
  readonly graceMs: number;
}

export type SensorBackoff =
  | { readonly type: "constant" }
  /** Each wait is `factor` times the one before, up to `maxMs`. */
  | { readonly type: "exponential"; readonly factor: number; readonly maxMs: number };

/** How a sensor waits: the same for everything that it can ask. */
export interface SensorWait {
  /** From one look to the next; the first wait when it backs off. */
  readonly everyMs: number;
  readonly backoff: SensorBackoff;
  /** What share of each wait chance may take away, 0 to 1: sensors then do not look in step. */
  readonly jitter: number;
  /** From the first look on; null: without end. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "fail" | "skip" | { readonly value: JsonValue };
  readonly onMissing: SensorPolicy;
  readonly onUnreachable: SensorPolicy;
  readonly onRemoved: SensorPolicy;
  /** `wait` goes on after a failure: whoever looks after the other side may run it again. */
  readonly onFailed: SensorPolicy;
}

const WAIT: SensorPolicy = { then: "wait", graceMs: 0 };
const FAIL: SensorPolicy = { then: "fail", graceMs: 0 };

/** Waits for what is not there yet, and fails with what failed or was removed. */
export const SENSOR_WAIT: SensorWait = {
  everyMs: 30_000,
  backoff: { type: "constant" },
  jitter: 0.1,
  timeoutMs: 86_400_000,
  onTimeout: "fail",
  onMissing: WAIT,
  onUnreachable: WAIT,
  onRemoved: FAIL,
  onFailed: FAIL,
};

/** What a sensor remembers from look to look. JSON, for its timer's row. */
export interface SensorState {
  readonly startedAt: Instant;
  /** Looks so far. */
  readonly looks: number;
  /** Whether any look found it, in whatever state. */
  readonly wasThere: boolean;
  /** What the last look found, and since when that is so without a break; null before the first. */
  readonly last: { readonly type: ObservationType; readonly since: Instant } | null;
}

export function firstSensorState(startedAt: Instant): SensorState {
  return { startedAt, looks: 0, wasThere: false, last: null };
}

import { parseDurationMs } from "@millrace/core/internal";
import type { SensorPolicy } from "../check/sensor-policy.ts";

/** `wait` goes on; `fail` and `skip` end the sensor, after `grace` (`10m`) without a break. */
export type PolicyOption =
  | "wait"
  | "fail"
  | "skip"
  | { readonly then: "fail" | "skip"; readonly grace: string };

/** What to do about what is not there, is gone, cannot be asked, or failed over there. */
export interface SensorPolicyOptions {
  /** It was never there; `wait` unless given. */
  readonly onMissing?: PolicyOption;
  /** The other side does not answer, or not to us; `wait` unless given. */
  readonly onUnreachable?: PolicyOption;
  /** It was there at an earlier look; `fail` unless given. */
  readonly onRemoved?: PolicyOption;
  /** `wait` counts on somebody to run it again over there; `fail` unless given. */
  readonly onFailed?: PolicyOption;
}

const NAMES = ["onMissing", "onUnreachable", "onRemoved", "onFailed"] as const;

/** As they travel in a check: only those that were given. */
export type StoredPolicies = { readonly [name in (typeof NAMES)[number]]?: SensorPolicy };

/** Policies as they are stored; adds what is wrong to `problems`. */
export function toPolicies(options: SensorPolicyOptions, problems: string[]): StoredPolicies {
  const stored: { [name in (typeof NAMES)[number]]?: SensorPolicy } = {};
  for (const name of NAMES) {
    const given = options[name];
    if (given === undefined) continue;
    const policy = toPolicy(given);
    if (policy !== null) stored[name] = policy;
    else problems.push(`Its ${name} is not known; write "wait", "fail", "skip" or ${EXAMPLE}.`);
  }
  return stored;
}

const EXAMPLE = '{ then: "fail", grace: "10m" }';

function toPolicy(given: PolicyOption): SensorPolicy | null {
  const then = typeof given === "string" ? given : given?.then;
  if (!["wait", "fail", "skip"].includes(then)) return null;
  if (typeof given === "string") return { then, graceMs: 0 };
  const graceMs = typeof given.grace === "string" ? parseDurationMs(given.grace) : null;
  return graceMs === null ? null : { then, graceMs };
}

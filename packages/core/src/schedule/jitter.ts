import { createHash } from "node:crypto";
import type { Instant } from "../lib/instant.ts";
import type { ScheduleSpec } from "../spec/trigger-spec.ts";

/**
 * How much later than `slot` the schedule fires: a share of its jitter that is fixed for this
 * trigger and slot, so that every process agrees on it, and spread evenly over slots and triggers.
 */
export function jitterOf(spec: ScheduleSpec, triggerId: number, slot: Instant): number {
  if (spec.jitterMs === undefined) return 0;
  const hash = createHash("sha256").update(`${triggerId} ${slot}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * spec.jitterMs);
}

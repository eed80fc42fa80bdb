import type { Instant } from "@millrace/core/internal";
import type { SensorBackoff, SensorWait } from "./sensor-policy.ts";

/**
 * When to look again after the `looks`-th look, counted from 1:
 *
 *     now + (1 - jitter * u) * min(maxMs, everyMs * factor^(looks - 1)),  at least 1 ms
 *
 * and no later than the first of `ends` that is still to come, as something is decided then.
 */
export function nextLookAt(
  wait: Pick<SensorWait, "everyMs" | "backoff" | "jitter">,
  looks: number,
  { nowMs, u }: { readonly nowMs: Instant; readonly u: number },
  ends: readonly (Instant | null)[],
): Instant {
  const full = waitMs(wait.everyMs, wait.backoff, looks);
  const atMs = nowMs + Math.max(1, Math.round(full * (1 - wait.jitter * u)));
  return Math.min(atMs, ...ends.filter((end) => end !== null && end > nowMs).map(Number));
}

function waitMs(everyMs: number, backoff: SensorBackoff, looks: number): number {
  if (backoff.type === "constant") return everyMs;
  return Math.min(backoff.maxMs, everyMs * backoff.factor ** (looks - 1));
}

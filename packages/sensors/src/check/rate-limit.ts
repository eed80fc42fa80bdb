import type { Instant } from "@millrace/core/internal";

/** How often a target may be asked: on average, and at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of a target's allowance, as of an instant. */
export interface RateState {
  readonly tokens: number;
  readonly at: Instant;
}

export type RateDecision =
  | { readonly admitted: true; readonly state: RateState }
  | { readonly admitted: false; readonly state: RateState; readonly waitMs: number };

export function fullRate({ burst }: Rate, at: Instant): RateState {
  return { tokens: burst, at };
}

/**
 * A token bucket: one request takes one token; they come back at the rate, up to the burst. In
 * any span of t seconds at most `burst + perSecond * t` are admitted. A clock that goes back
 * brings nothing back.
 */
export function admitRequest(rate: Rate, before: RateState, nowMs: Instant): RateDecision {
  const gained = (Math.max(0, nowMs - before.at) / 1_000) * rate.perSecond;
  const at = Math.max(nowMs, before.at);
  const tokens = Math.min(rate.burst, before.tokens + gained);
  if (tokens >= 1) return { admitted: true, state: { tokens: tokens - 1, at } };
  const waitMs = Math.ceil(((1 - tokens) / rate.perSecond) * 1_000);
  return { admitted: false, state: { tokens, at }, waitMs };
}

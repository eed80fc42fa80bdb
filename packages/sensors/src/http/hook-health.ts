import type { Instant } from "@millrace/core/internal";
import type { Answered } from "./intake-app.ts";

/** What came to a hook since the process started. */
export interface HookHealth {
  readonly taken: number;
  /** What the sender did wrong. */
  readonly refused: number;
  /** What went wrong here: the sender was asked to come again. */
  readonly failed: number;
  readonly lastTakenAt: Instant | null;
  readonly lastRefusedAt: Instant | null;
  readonly lastFailedAt: Instant | null;
}

const NOTHING: HookHealth = {
  taken: 0,
  refused: 0,
  failed: 0,
  lastTakenAt: null,
  lastRefusedAt: null,
  lastFailedAt: null,
};

export type HooksHealth = Readonly<Record<string, HookHealth>>;

export function newHooksHealth(names: readonly string[]): HooksHealth {
  return Object.fromEntries(names.map((name) => [name, NOTHING]));
}

export function afterHookAnswer(
  health: HooksHealth,
  { hook, status }: Answered,
  now: Instant,
): HooksHealth {
  return { ...health, [hook]: afterStatus(health[hook] ?? NOTHING, status, now) };
}

function afterStatus(health: HookHealth, status: number, now: Instant): HookHealth {
  if (status < 400) return { ...health, taken: health.taken + 1, lastTakenAt: now };
  if (status < 500) return { ...health, refused: health.refused + 1, lastRefusedAt: now };
  return { ...health, failed: health.failed + 1, lastFailedAt: now };
}

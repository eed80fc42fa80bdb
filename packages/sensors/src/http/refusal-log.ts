import type { Instant } from "@millrace/core/internal";
import type { Answered } from "./intake-app.ts";

/** What of the refusals is in the log in the present second, so that nobody can flood it. */
export interface RefusalLog {
  readonly since: Instant;
  readonly lines: number;
  readonly untold: number;
}

export const EMPTY_REFUSAL_LOG: RefusalLog = { since: 0, lines: 0, untold: 0 };

const WINDOW_MS = 1_000;
const LINES_MAX = 20;

/** The lines for one more answer: one for a refusal, and how many were passed over before. */
export function logRefusal(
  log: RefusalLog,
  { hook, status, error }: Answered,
  now: Instant,
): { readonly log: RefusalLog; readonly lines: readonly string[] } {
  if (error === null) return { log, lines: [] };
  const isNew = now - log.since >= WINDOW_MS || now < log.since;
  if (!isNew && log.lines >= LINES_MAX)
    return { log: { ...log, untold: log.untold + 1 }, lines: [] };
  // An error may repeat words of the sender: they must not begin a line of their own.
  const line = `refused ${status} /hooks/${hook}: ${error.replaceAll(/\p{C}+/gu, " ")}`;
  if (!isNew) return { log: { ...log, lines: log.lines + 1 }, lines: [line] };
  const before = log.untold > 0 ? [`… and ${log.untold} more refusals`] : [];
  return { log: { since: now, lines: 1, untold: 0 }, lines: [...before, line] };
}

import type { Retention } from "@millrace/core/internal";
import { Option } from "commander";
import { inputInvalid } from "./input-invalid.ts";
import { durationMs } from "./number-input.ts";

const DAY_MS = 86_400_000;
/** A message may lie in SQS for 14 days before it is told again. */
export const KEYS_MS_MIN: number = 15 * DAY_MS;
const HISTORY_MS_MIN = 60_000;

/** `--retention`: every process that sweeps takes it. */
export function retentionOption(): Option {
  return new Option(
    "--retention <duration>",
    "remove history that is older, e.g. 90d; else all of it is kept",
  ).env("MILLRACE_RETENTION");
}

/**
 * @returns Null when nothing was said: history is kept for ever.
 * @throws {INPUT_INVALID} When it is no duration, or less than a minute.
 */
export function toRetention(text: string | undefined): Retention | null {
  if (text === undefined || text === "") return null;
  const historyMs = durationMs("--retention", text);
  if (historyMs >= HISTORY_MS_MIN) return { historyMs, keysMs: Math.max(historyMs, KEYS_MS_MIN) };
  throw inputInvalid("--retention", [`--retention is ${text}; the shortest is 1m.`]);
}

import { isRecord } from "../spec/json.ts";
import type { RetrySpec } from "../spec/task-spec.ts";
import { parseDurationMs } from "../lib/duration.ts";
import { quoted } from "../check/names.ts";
import { RETRY_DEFAULTS } from "./task-defaults.ts";

/** How failed attempts are repeated. Durations are written like `30s`, `5m`, `1h30m`. */
export interface RetryOptions {
  /** Attempts beyond the first, 0 to 1000. */
  readonly limit: number;
  /** How the delay grows with each failure; `exponential` unless given. */
  readonly backoff?: RetrySpec["backoff"];
  /** After the first failure; `5s` unless given. */
  readonly delay?: string;
  /** No delay is longer; `10m` unless given. */
  readonly max?: string;
  /** Draws each delay uniformly between nothing and its full length; on unless given. */
  readonly jitter?: boolean;
  /**
   * Whether an error is worth another attempt; every error is unless given. An attempt that took
   * too long, or whose worker died, is not asked about.
   *
   * @example
   * retries: { limit: 3, when: (error) => error instanceof TypeError === false }
   */
  readonly when?: (error: unknown) => boolean;
}

export function toRetrySpec(
  options: number | RetryOptions | undefined,
  problems: string[],
): RetrySpec {
  if (options === undefined) return RETRY_DEFAULTS;
  if (typeof options === "number") return { ...RETRY_DEFAULTS, limit: options };
  const { limit, backoff = RETRY_DEFAULTS.backoff, jitter = RETRY_DEFAULTS.jitter } = options;
  const delayMs = toDurationMs("retry delay", options.delay, RETRY_DEFAULTS.delayMs, problems);
  const maxMs = toDurationMs("longest retry delay", options.max, RETRY_DEFAULTS.maxMs, problems);
  return { limit, backoff, delayMs, maxMs: Math.max(maxMs, delayMs), jitter };
}

/** What decides whether an error is worth another attempt; null when nothing does. */
export function retryWhenOf(
  options: number | RetryOptions | undefined,
  problems: string[],
): ((error: unknown) => boolean) | null {
  const when: unknown = isRecord(options) ? options["when"] : undefined;
  if (when === undefined) return null;
  if (typeof when === "function") return when as (error: unknown) => boolean;
  problems.push("its retries.when is no function: give one that takes the error");
  return null;
}

/** @returns `defaultMs` when nothing is given, and after a problem. */
export function toDurationMs(
  what: string,
  text: string | undefined,
  defaultMs: number,
  problems: string[],
): number {
  if (text === undefined) return defaultMs;
  const parsedMs = typeof text === "string" ? parseDurationMs(text) : null;
  if (parsedMs !== null) return parsedMs;
  problems.push(`its ${what} ${quoted(text)} is no duration; write e.g. "90s", "5m" or "1h30m"`);
  return defaultMs;
}

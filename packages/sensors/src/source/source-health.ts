import type { Instant } from "@millrace/core/internal";

/** How a running source is, as of its last success or failure. */
export interface SourceHealth {
  /** `failing` from a failure to the next success. */
  readonly state: "starting" | "working" | "failing";
  readonly startedAt: Instant;
  /** Also of a look that found nothing. */
  readonly lastSuccessAt: Instant | null;
  readonly lastFailureAt: Instant | null;
  /** What failed last, in words for people. It stays when the source works again. */
  readonly lastFailure: string | null;
  readonly failuresInARow: number;
  /** Nothing is tried before; null when nothing is waited for. */
  readonly backoffUntil: Instant | null;
  /** Deliveries of messages, or listed objects, that were dealt with since the start. */
  readonly received: number;
  /** Updates that they became. */
  readonly recorded: number;
  /** Dead letters that they became. */
  readonly buried: number;
  /**
   * How old the oldest event was when it was dealt with last; 0 when there was nothing to deal
   * with. Null until then, and of listings, which tell of no events.
   */
  readonly lagMs: number | null;
}

/** What came of one look at the source. */
export interface DealtWith {
  readonly received: number;
  readonly recorded: number;
  readonly buried: number;
  /** When the oldest event came about; null when none says. */
  readonly oldestAt: Instant | null;
}

export function newHealth(now: Instant): SourceHealth {
  return {
    state: "starting",
    startedAt: now,
    lastSuccessAt: null,
    lastFailureAt: null,
    lastFailure: null,
    failuresInARow: 0,
    backoffUntil: null,
    received: 0,
    recorded: 0,
    buried: 0,
    lagMs: null,
  };
}

/** The health after a look that brought this much, or nothing. */
export function afterDealing(health: SourceHealth, now: Instant, dealt: DealtWith): SourceHealth {
  return {
    ...health,
    received: health.received + dealt.received,
    recorded: health.recorded + dealt.recorded,
    buried: health.buried + dealt.buried,
    lagMs: lagOf(health, now, dealt),
  };
}

export function afterSuccess(health: SourceHealth, now: Instant): SourceHealth {
  const well = { failuresInARow: 0, backoffUntil: null };
  return { ...health, ...well, state: "working", lastSuccessAt: now };
}

export function afterFailure(health: SourceHealth, now: Instant, words: string): SourceHealth {
  const failuresInARow = health.failuresInARow + 1;
  return { ...health, state: "failing", lastFailureAt: now, lastFailure: words, failuresInARow };
}

export function backingOff(health: SourceHealth, until: Instant): SourceHealth {
  return { ...health, backoffUntil: until };
}

/** A failure with what the service said, cut to what fits a line. */
export function failureWords(message: string, error: unknown): string {
  const said = error instanceof Error ? error.message || error.name : "";
  return (said === "" ? message : `${message} (${said})`).slice(0, WORDS_MAX);
}

const WORDS_MAX = 500;

/** Clocks differ: an event of the next moment is not ahead of its time. */
function lagOf(health: SourceHealth, now: Instant, dealt: DealtWith): number | null {
  if (dealt.oldestAt !== null) return Math.max(0, now - dealt.oldestAt);
  return dealt.received === 0 ? 0 : health.lagMs;
}

import { partitionWords } from "../partition/partition-words.ts";
import type { Instant } from "../lib/instant.ts";
import type { Partition } from "../spec/partition-spec.ts";
import {
  evaluate,
  type Evaluation,
  type GroupRules,
  type GroupState,
  missingLegs,
  type PendingDelivery,
} from "../trigger/evaluate.ts";
import { countWords, isoText, momentWords, sourceWords } from "./fact-words.ts";
import type { Reason, ReasonCode } from "./reason.ts";

/** What waits in one group of a trigger. */
export interface GroupStory {
  readonly partition: Partition;
  readonly rules: GroupRules;
  readonly state: GroupState;
  /** In order of position. */
  readonly pending: readonly PendingDelivery[];
}

/** Why a trigger starts nothing, whatever comes. */
export interface Hold {
  readonly code: "pipeline_paused" | "trigger_disabled";
  /** Who and when; null when the definition itself says so. */
  readonly by: string | null;
  readonly at: Instant | null;
}

/** A pipeline at its limit of active runs. */
export interface LimitNote {
  readonly max: number;
  readonly activeRunIds: readonly number[];
  readonly queuedCount: number;
}

/** What a group has, and what it waits for. */
export interface GroupAnswer extends Reason {
  readonly partition: Partition;
  readonly pending: number;
  /** Runs that would start if nothing held it. */
  readonly runs: number;
  /** By number of leg. */
  readonly has: readonly number[];
  readonly missing: readonly string[];
  readonly since: string | null;
  /** When time alone decides: a batch closes, a deadline passes, something expires. */
  readonly closesAt: string | null;
}

/** The present state of a group, by the same decision that starts its runs. */
export function explainGroup(
  { partition, rules, state, pending }: GroupStory,
  circumstances: { readonly hold: Hold | null; readonly limit: LimitNote | null },
  now: Instant,
): GroupAnswer {
  const found = evaluate(rules, state, pending, now);
  const { waiting, timerAt } = found;
  const runs = found.steps.filter(({ type }) => type === "fire").length;
  const has = waiting?.has ?? [...new Set(pending.flatMap(({ legs }) => legs))];
  const lacking = waiting?.missing ?? missingLegs(rules.condition, new Set(has));
  const missing = lacking.flatMap((leg) => {
    const source = rules.condition.legs[leg]?.source;
    return source === undefined ? [] : [sourceWords(source)];
  });
  const first = pending[0];
  const [code, sentence] = live(found, {
    ...circumstances,
    rules,
    missing,
    kept: pending.length,
    runs,
  });
  return {
    code,
    sentence: sentence(now),
    partition,
    pending: pending.length,
    runs,
    has,
    missing,
    since: first === undefined ? null : isoText(first.at),
    closesAt: timerAt === null ? null : isoText(timerAt),
  };
}

interface Known {
  readonly hold: Hold | null;
  readonly limit: LimitNote | null;
  readonly rules: GroupRules;
  readonly missing: readonly string[];
  readonly kept: number;
  /** That would start if nothing held them. */
  readonly runs: number;
}

type Live = readonly [ReasonCode, (now: Instant) => string];

function live(found: Evaluation<PendingDelivery>, known: Known): Live {
  const { hold, limit, rules, missing, kept, runs } = known;
  const { waiting, timerAt } = found;
  if (hold !== null) {
    return [hold.code, (now) => `${holdWords(hold, now)}; ${keptWords(kept, runs)}.`];
  }
  if (runs > 0 && limit !== null && limit.activeRunIds.length >= limit.max) {
    return ["limit_reached", () => `${limitWords(limit)}; ${keptWords(kept, runs)}.`];
  }
  if (found.steps.length > 0) {
    return ["due", () => "Nothing holds it: a worker or scheduler will act on it."];
  }
  if (waiting?.for === "batch") {
    return ["batched", (now) => batchWords(kept, timerAt, rules, now)];
  }
  const total = rules.condition.legs.length;
  return [
    "waiting_for",
    (now) =>
      `Waiting for ${missing.length} of ${total}: ${missing.join(", ")}` +
      `${timerAt === null ? "" : ` (until ${momentWords(timerAt, now)})`}.`,
  ];
}

/** `Paused by ana 2026-01-01 14:02:00 UTC, 2h ago`. */
export function holdWords({ code, by, at }: Hold, now: Instant): string {
  if (by === null && at === null) return "Disabled in its definition";
  const what = code === "pipeline_paused" ? "Paused" : "Disabled";
  return [what, by === null ? "" : `by ${by}`, at === null ? "" : momentWords(at, now)]
    .filter(Boolean)
    .join(" ");
}

/** `1 of 1 runs active (run_9), 2 queued`. */
export function limitWords({ max, activeRunIds, queuedCount }: LimitNote): string {
  const holders = activeRunIds.map((id) => `run_${id}`).join(", ");
  const queued = queuedCount === 0 ? "" : `, ${queuedCount} queued`;
  return `${activeRunIds.length} of ${countWords(max, "run")} active (${holders})${queued}`;
}

function keptWords(kept: number, runs: number): string {
  return `${kept} kept, which would start ${countWords(runs, "run")}`;
}

function batchWords(
  kept: number,
  timerAt: Instant | null,
  { policy }: GroupRules,
  now: Instant,
): string {
  const most = policy.batch?.max;
  const size = most === undefined ? `${kept}` : `${kept} of at most ${most}`;
  const closes = timerAt === null ? "" : `, closes ${momentWords(timerAt, now)}`;
  return `Gathers a batch: ${size}${closes}.`;
}

/** `date=2026-01-01: `, or nothing for a group without a partition. */
export function groupPrefix(partition: Partition): string {
  const words = partitionWords(partition);
  return words === "" ? "" : `${words}: `;
}

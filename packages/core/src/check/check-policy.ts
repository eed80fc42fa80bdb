import { DURATION_MS_MAX, formatDuration } from "../lib/duration.ts";
import { timezoneProblem } from "../schedule/zone.ts";
import type {
  BatchSpec,
  ConditionTriggerSpec,
  DailyTimeSpec,
  DeadlineSpec,
  PolicySpec,
} from "../spec/trigger-spec.ts";
import { compileCondition } from "../trigger/compile-condition.ts";
import { timeOfDay } from "../trigger/daily-time.ts";
import { LATE_WITHOUT_PARTIAL } from "../trigger/to-policy-spec.ts";
import { quoted } from "./names.ts";
import { isWithin } from "./within-range.ts";

const BATCH_MAX = 10_000;
const AT_MOST_MAX = 100_000;
const THEN: readonly unknown[] = ["run-partial", "skip", "alert"];
const LATE: readonly unknown[] = ["record", "rerun"];
const WHILE_PAUSED: readonly unknown[] = ["keep", "drop", "latest"];

/** What is wrong with when a trigger fires, without full stops. */
export function policyProblems(trigger: ConditionTriggerSpec): string[] {
  const { policy } = trigger;
  return [
    ...lengthProblems("within", policy.withinMs, "6h"),
    ...batchProblems(policy),
    ...(policy.reset === undefined ? [] : dailyProblems("reset", policy.reset)),
    ...deadlineProblems(policy),
    ...neverProblems(trigger),
    ...choiceProblems(trigger),
  ];
}

/** What is wrong with a length that must be one, such as "within" or "maxAge". */
export function lengthProblems(field: string, ms: unknown, example: string): string[] {
  if (ms === undefined || isWithin(ms, 1, DURATION_MS_MAX)) return [];
  if (ms === 0) {
    return [`its ${field} is 0, which no fact can meet; give a length such as "${example}"`];
  }
  return [`its ${field} of ${quoted(ms)} ms is out of range; give 1 ms to ten years`];
}

function batchProblems({ batch, each, withinMs }: PolicySpec): string[] {
  if (batch === undefined) return [];
  const { max, quietMs, maxWaitMs } = batch;
  const problems = [
    ...lengthProblems("batch.quiet", quietMs, "30s"),
    ...lengthProblems("batch.maxWait", maxWaitMs, "10m"),
  ];
  if (each) problems.push("it has each and batch, which exclude each other; keep one");
  if (max === undefined && quietMs === undefined && maxWaitMs === undefined) {
    problems.push("its batch says neither max, quiet nor maxWait; give one of them");
  }
  if (max !== undefined && !isWithin(max, 1, BATCH_MAX)) {
    problems.push(`its batch.max ${quoted(max)} is out of range; give 1 to ${BATCH_MAX}`);
  }
  return [...problems, ...batchTimeProblems(batch, withinMs)];
}

/** Bounds that another bound always comes before. */
function batchTimeProblems({ quietMs, maxWaitMs }: BatchSpec, withinMs: number | undefined) {
  const problems: string[] = [];
  if (quietMs !== undefined && maxWaitMs !== undefined && quietMs > maxWaitMs) {
    problems.push(
      `its batch.quiet (${formatDuration(quietMs)}) is longer than its batch.maxWait ` +
        `(${formatDuration(maxWaitMs)}), which always comes first; shorten quiet`,
    );
  }
  for (const [field, ms] of [
    ["batch.quiet", quietMs],
    ["batch.maxWait", maxWaitMs],
  ] as const) {
    if (ms === undefined || withinMs === undefined || ms <= withinMs) continue;
    problems.push(
      `its ${field} (${formatDuration(ms)}) is longer than its within ` +
        `(${formatDuration(withinMs)}), so facts expire before it is over; shorten ${field}`,
    );
  }
  return problems;
}

function dailyProblems(field: string, { at, timezone }: DailyTimeSpec): string[] {
  const zone = timezoneProblem(timezone);
  return [
    ...(timeOfDay(at) === null
      ? [`its ${field} at ${quoted(at)} is no time of day; write "00:00" to "23:59"`]
      : []),
    ...(zone === null ? [] : [`its ${field}: ${zone}`]),
  ];
}

function deadlineProblems({ deadline, withinMs }: PolicySpec): string[] {
  if (deadline === undefined) return [];
  return [...dueProblems(deadline, withinMs), ...thenProblems(deadline)];
}

function dueProblems({ due }: DeadlineSpec, withinMs: number | undefined): string[] {
  if (!("afterMs" in due)) return dailyProblems("deadline", due);
  const problems = lengthProblems("deadline.after", due.afterMs, "2h");
  if (withinMs !== undefined && due.afterMs >= withinMs) {
    problems.push(
      `its deadline after ${formatDuration(due.afterMs)} is never met, since the first fact ` +
        `expires within ${formatDuration(withinMs)}; make the deadline shorter than within`,
    );
  }
  return problems;
}

function thenProblems({ then, late }: DeadlineSpec): string[] {
  const problems: string[] = [];
  if (!THEN.includes(then)) {
    problems.push(`its deadline then ${quoted(then)} is not known; write ${THEN.join(", ")}`);
  } else if (late === "rerun" && then !== "run-partial") problems.push(LATE_WITHOUT_PARTIAL);
  if (!LATE.includes(late)) {
    problems.push(`its deadline late ${quoted(late)} is not known; write ${LATE.join(" or ")}`);
  }
  return problems;
}

/** Policies for waiting, of a trigger in which nothing waits: they would say what never happens. */
function neverProblems({ condition, policy }: ConditionTriggerSpec): string[] {
  const { simple, legs } = compileCondition(condition);
  if (!simple || legs.some(({ complete }) => complete !== undefined)) return [];
  const problems: string[] = [];
  if (policy.deadline !== undefined) {
    problems.push(
      "its deadline is never met, since any one fact satisfies the condition; " +
        "leave it out, or bound a batch with batch.maxWait",
    );
  }
  if (policy.batch !== undefined) return problems;
  for (const [field, value] of [
    ["within", policy.withinMs],
    ["reset", policy.reset],
  ] as const) {
    if (value === undefined) continue;
    problems.push(
      `its ${field} has nothing to act on, since any one fact satisfies the condition and starts ` +
        "a run; leave it out, or add batch or a second dataset",
    );
  }
  return problems;
}

function choiceProblems({ type, policy }: ConditionTriggerSpec): string[] {
  const { atMost = 1, whilePaused = "keep", changedOnly = false } = policy;
  const problems: string[] = [];
  if (!isWithin(atMost, 1, AT_MOST_MAX)) {
    problems.push(`its atMost ${quoted(atMost)} is out of range; give 1 to ${AT_MOST_MAX}`);
  }
  if (!WHILE_PAUSED.includes(whilePaused)) {
    problems.push(
      `its whilePaused ${quoted(whilePaused)} is not known; write keep, drop or latest`,
    );
  }
  if (changedOnly && type !== "datasets") {
    const fact = type === "event" ? "an event" : "the end of a run";
    problems.push(
      `its changedOnly compares contents, and ${fact} has none to compare; leave it out, ` +
        "or filter with where",
    );
  }
  return problems;
}

import { shortName } from "../namespace/short-name.ts";
import { partitionWords } from "../partition/partition-words.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import type { RunState } from "../run/states.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { TriggerSpec } from "../spec/trigger-spec.ts";
import { compileCondition, isSatisfied } from "../trigger/compile-condition.ts";
import { missingLegs } from "../trigger/evaluate.ts";
import { answerCondition, type ConditionAnswer, conditionLines } from "./condition-answer.ts";
import {
  countWords,
  type FactAnswer,
  type FactNote,
  factWords,
  factName,
  momentWords,
  originWords,
  sourceWords,
  toFactAnswer,
} from "./fact-words.ts";
import type { Reason } from "./reason.ts";

/** What is known of a run. */
export interface RunStory {
  readonly id: number;
  readonly pipeline: string;
  readonly state: RunState;
  readonly trigger: string;
  /** The trigger as the run's own version has it; null of a run by hand. */
  readonly spec: TriggerSpec | null;
  readonly cause: JsonValue;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly backfillId: number | null;
  readonly rerunOf: number | null;
  /** In order of position. */
  readonly consumed: readonly ConsumedNote[];
  readonly maxActiveRuns: number | null;
  /** While it is queued: its place among the queued, from 1, and the runs that are active. */
  readonly queue: { readonly place: number; readonly activeRunIds: readonly number[] } | null;
  /** What keeps it, or tasks of it, from going on: sentences. */
  readonly held?: readonly string[];
}

export interface ConsumedNote extends FactNote {
  readonly disposition: string;
  readonly legs: readonly number[];
}

export interface RunAnswer {
  readonly subject: "run";
  readonly id: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly trigger: string;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly reason: Reason;
  /** The fact that completed the condition; what else was consumed stands apart. */
  readonly startedBy: FactAnswer | null;
  readonly alsoIncluded: readonly FactAnswer[];
  readonly condition: ConditionAnswer | null;
  /** Legs that a partial run went without. */
  readonly missing: readonly string[];
  readonly gates: readonly Reason[];
  readonly lines: readonly string[];
}

/** Why a run is there, and what it passed or still waits for. */
export function explainRun(story: RunStory, now: Instant): RunAnswer {
  const completing = story.consumed.filter(({ disposition }) => disposition === "started");
  const included = story.consumed.filter(({ disposition }) => disposition !== "started");
  const condition = conditionOf(story);
  const missing = missingOf(story);
  const reason = reasonOf(story, completing.at(-1) ?? null, missing, now);
  const gates = gatesOf(story, now);
  const answer = {
    subject: "run",
    id: `run_${story.id}`,
    pipeline: story.pipeline,
    state: story.state,
    trigger: story.trigger,
    partition: story.partition,
    params: story.params,
    reason,
    startedBy: completing.map(toFactAnswer).at(-1) ?? null,
    alsoIncluded: included.map(toFactAnswer),
    condition,
    missing,
    gates,
  } as const;
  return { ...answer, lines: toLines(answer, included, now) };
}

function conditionOf({ spec, consumed }: RunStory): ConditionAnswer | null {
  if (spec === null || spec.type === "schedule" || consumed.length === 0) return null;
  const compiled = compileCondition(spec.condition);
  return answerCondition(compiled, legsOf(consumed), (leg) => {
    const facts = consumed.filter(({ legs }) => legs.includes(leg));
    const last = facts.at(-1);
    if (last === undefined) return "had not come";
    const more = facts.length > 1 ? ` and ${facts.length - 1} more` : "";
    return `${factName(last)}${more} ${originWords(last)}`.trimEnd();
  });
}

function missingOf({ spec, consumed }: RunStory): readonly string[] {
  if (spec === null || spec.type === "schedule" || consumed.length === 0) return [];
  const compiled = compileCondition(spec.condition);
  const has = legsOf(consumed);
  if (isSatisfied(compiled.root, has)) return [];
  return missingLegs(compiled, has).flatMap((leg) => {
    const found = compiled.legs[leg];
    return found === undefined ? [] : [sourceWords(found.source)];
  });
}

function legsOf(consumed: readonly ConsumedNote[]): ReadonlySet<number> {
  return new Set(consumed.flatMap(({ legs }) => legs));
}

function reasonOf(
  story: RunStory,
  completing: ConsumedNote | null,
  missing: readonly string[],
  now: Instant,
): Reason {
  const repeated = reasonOfRepeat(story);
  if (repeated !== null) return repeated;
  const how = isRecord(story.cause) ? story.cause["by"] : null;
  if (how === "late" && completing !== null) {
    const partial = story.rerunOf === null ? "a partial run" : `run_${story.rerunOf}`;
    const sentence = `Started by ${nameOf(completing)}, which came after ${partial} had gone without it.`;
    return { code: "rerun", sentence };
  }
  if (completing !== null) {
    const from = [originWords(completing), momentWords(completing.at, now)];
    const full = how === "batch_full" ? ", which filled its batch" : "";
    const origin = from.filter(Boolean).join(", ");
    return { code: "started", sentence: `Started by ${nameOf(completing)}${full}, ${origin}.` };
  }
  return story.consumed.length > 0 ? reasonByTime(story, how, missing) : reasonWithoutFacts(story);
}

function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

/** A person had a run that had ended done again, in whole or in part. */
function reasonOfRepeat({ cause }: RunStory): Reason | null {
  const { type, run, task, mark, by, why } = isRecord(cause) ? cause : {};
  if (type !== "retry" && type !== "rerun") return null;
  const what = type === "retry" ? "what failed" : `task ${plain(task)} and what follows`;
  const to =
    typeof mark === "string"
      ? `go on from run_${plain(run)} with task ${plain(task)} ${mark}`
      : `do ${what} of run_${plain(run)} again`;
  const reason = typeof why === "string" ? `: ${why}` : "";
  return { code: "rerun", sentence: `Started by ${plain(by)}, to ${to}${reason}.` };
}

function nameOf(fact: FactNote): string {
  return `${factWords(fact)} (${factName(fact)})`;
}

/** No fact completed it: its batch closed, or its deadline passed. */
function reasonByTime(story: RunStory, how: unknown, missing: readonly string[]): Reason {
  const at = isRecord(story.cause) ? story.cause["at"] : null;
  const when = typeof at === "string" ? ` at ${at}` : "";
  if (how === "deadline") {
    const without = missing.length === 0 ? "" : ` without ${missing.join(", ")}`;
    const sentence = `Started${without}${when}, when the deadline of trigger ${story.trigger} passed.`;
    return { code: "deadline", sentence };
  }
  const why =
    how === "quiet" ? "when nothing more had come for its quiet time" : "when its batch closed";
  return { code: "batched", sentence: `Started${when}, ${why}.` };
}

function calledBy({ task, pipeline, run }: Readonly<Record<string, unknown>>): Reason {
  const where = typeof pipeline === "string" ? ` of ${pipeline}` : "";
  const who = typeof task === "string" ? ` by task ${task}${where}` : "";
  const caller = typeof run === "number" ? `, run_${run}` : "";
  return { code: "called", sentence: `Called${who}${caller}.` };
}

function reasonWithoutFacts({ cause, trigger, backfillId, rerunOf }: RunStory): Reason {
  if (isRecord(cause) && cause["type"] === "call") return calledBy(cause);
  const again = rerunOf === null ? "" : `, again for run_${rerunOf}`;
  if (backfillId !== null) {
    return { code: "backfill", sentence: `Started by backfill_${backfillId}${again}.` };
  }
  if (rerunOf !== null) return { code: "rerun", sentence: `Started again for run_${rerunOf}.` };
  const { type, slot } = isRecord(cause) ? cause : {};
  if (type === "schedule") {
    const at = typeof slot === "string" ? ` of ${slot}` : "";
    return { code: "schedule", sentence: `Started by the schedule ${trigger}${at}.` };
  }
  return { code: "manual", sentence: "Started by hand." };
}

/** What it waits for, or waited for. */
function gatesOf(story: RunStory, now: Instant): readonly Reason[] {
  const held = (story.held ?? []).map((sentence): Reason => ({ code: "waiting_for", sentence }));
  return [...limitGates(story, now), ...held];
}

function limitGates(story: RunStory, now: Instant): readonly Reason[] {
  const { queue, maxActiveRuns, startedAt, createdAt } = story;
  if (maxActiveRuns === null) return [];
  const limit = countWords(maxActiveRuns, "active run");
  if (queue !== null) {
    const holders = queue.activeRunIds.map((id) => `run_${id}`).join(", ");
    return [
      {
        code: "limit_reached",
        sentence: `Queued for ${formatDuration(now - createdAt)} at the limit of ${limit} (${holders || "none"}), position ${queue.place}.`,
      },
    ];
  }
  const waitedMs = (startedAt ?? createdAt) - createdAt;
  if (waitedMs < 1) return [];
  const sentence = `Queued ${formatDuration(waitedMs)} at the limit of ${limit}.`;
  return [{ code: "limit_reached", sentence }];
}

const INCLUDED_SHOWN_MAX = 10;

function toLines(
  answer: Omit<RunAnswer, "lines">,
  included: readonly FactNote[],
  now: Instant,
): readonly string[] {
  const { id, pipeline, partition, state, trigger, reason, condition, params } = answer;
  const head = [id, shortName(pipeline), partitionWords(partition), state]
    .filter(Boolean)
    .join("  ");
  const shown = included.slice(0, INCLUDED_SHOWN_MAX);
  const rest = included.length - shown.length;
  return [
    head,
    reason.sentence,
    ...shown.map(
      (fact) =>
        `Also included ${factWords(fact)} (${factName(fact)}), ${momentWords(fact.at, now)}.`,
    ),
    ...(rest > 0 ? [`Also included ${rest} more.`] : []),
    ...(condition === null ? [] : [`Trigger ${trigger}:`, ...conditionLines(condition, "  ")]),
    ...answer.gates.map(({ sentence }) => sentence),
    ...(isRecord(params) && Object.keys(params).length > 0
      ? [`With ${JSON.stringify(params)}.`]
      : []),
  ];
}

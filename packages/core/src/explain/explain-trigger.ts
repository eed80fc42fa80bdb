import type { Instant } from "../lib/instant.ts";
import { nextTick } from "../schedule/cron.ts";
import type { ScheduleSpec, TriggerSpec } from "../spec/trigger-spec.ts";
import { type CompiledCondition, compileCondition } from "../trigger/compile-condition.ts";
import { answerCondition, type ConditionAnswer } from "./condition-answer.ts";
import {
  countWords,
  type FactNote,
  factName,
  isoText,
  momentWords,
  originWords,
  type RunNote,
  sourceWords,
} from "./fact-words.ts";
import {
  explainGroup,
  type GroupAnswer,
  type GroupStory,
  type Hold,
  holdWords,
  type LimitNote,
} from "./explain-group.ts";
import { type NextStep, nextStep, type ProducerNote } from "./next-step.ts";
import type { Reason } from "./reason.ts";

/** What is known of a trigger. */
export interface TriggerStory {
  readonly name: string;
  readonly pipeline: string;
  readonly spec: TriggerSpec;
  readonly hold: Hold | null;
  readonly limit: LimitNote | null;
  /** The newest run that it started. */
  readonly last: RunNote | null;
  /** Groups in which something waits, the oldest first; at most some dozens. */
  readonly groups: readonly GroupStory[];
  /** How many such groups there are. */
  readonly groupCount: number;
  /** By number of leg. */
  readonly legs: readonly LegStory[];
}

export interface LegStory {
  /** The newest fact of its source; null when there never was one. */
  readonly latest: FactNote | null;
  /** What became of it at this trigger; null when the trigger was never told of it. */
  readonly delivery: {
    readonly disposition: string;
    readonly reason: string | null;
    readonly runId: number | null;
  } | null;
  /** Pipelines that produce it, with their newest runs. */
  readonly producers: readonly ProducerNote[];
}

export interface TriggerAnswer {
  readonly subject: "trigger";
  readonly pipeline: string;
  readonly name: string;
  readonly type: TriggerSpec["type"];
  readonly reason: Reason["code"];
  readonly sentence: string;
  readonly lastRun: string | null;
  readonly lastRunAt: string | null;
  readonly condition: ConditionAnswer | null;
  /** Of a schedule: when it fires next, in ISO 8601. */
  readonly nextAt: readonly string[];
  readonly groups: readonly GroupAnswer[];
  readonly groupCount: number;
  readonly next: NextStep | null;
}

/** What a trigger waits for, or what holds it. */
export function explainTrigger(story: TriggerStory, now: Instant): TriggerAnswer {
  const { name, pipeline, spec, last, groupCount } = story;
  const base = {
    subject: "trigger",
    pipeline,
    name,
    type: spec.type,
    lastRun: last === null ? null : `run_${last.id}`,
    lastRunAt: last === null ? null : isoText(last.at),
    groupCount,
  } as const;
  if (spec.type === "schedule") return { ...base, ...explainSchedule(story, spec, now) };
  const compiled = compileCondition(spec.condition);
  const groups = story.groups.map((group) => explainGroup(group, story, now));
  const { code, sentence } = reasonOf(story, groups, compiled, now);
  const [first] = groups;
  const has = new Set(first?.has ?? []);
  const condition = answerCondition(compiled, has, (leg) => legWords(story.legs[leg], now));
  const next = nextStep(
    { pipeline, trigger: name, reason: code, legs: story.legs, has, limit: story.limit },
    now,
  );
  return { ...base, reason: code, sentence, condition, nextAt: [], groups, next };
}

const TICKS_SHOWN = 3;

type Explained = Pick<
  TriggerAnswer,
  "reason" | "sentence" | "condition" | "nextAt" | "groups" | "next"
>;

function explainSchedule(
  { hold, name, pipeline, limit }: TriggerStory,
  spec: ScheduleSpec,
  now: Instant,
): Explained {
  const nextAt = nextTicks(spec, now);
  const none = { condition: null, groups: [] } as const;
  if (hold !== null) {
    const next = nextStep(
      { pipeline, trigger: name, reason: hold.code, legs: [], has: new Set(), limit },
      now,
    );
    return { ...none, reason: hold.code, sentence: `${holdWords(hold, now)}.`, nextAt: [], next };
  }
  const [first] = nextAt;
  const sentence =
    first === undefined ? "It never fires again." : `Fires next ${momentWords(first, now)}.`;
  return { ...none, reason: "schedule", sentence, nextAt: nextAt.map(isoText), next: null };
}

function nextTicks(spec: ScheduleSpec, now: Instant): readonly Instant[] {
  const ticks: Instant[] = [];
  for (let tick = nextTick(spec, now); tick !== null; tick = nextTick(spec, tick)) {
    ticks.push(tick);
    if (ticks.length === TICKS_SHOWN) break;
  }
  return ticks;
}

/** The group that has waited longest speaks for the trigger. */
function reasonOf(
  { hold }: TriggerStory,
  groups: readonly GroupAnswer[],
  { legs, simple }: CompiledCondition,
  now: Instant,
): Reason {
  const [first] = groups;
  if (first !== undefined) return first;
  if (hold !== null)
    return { code: hold.code, sentence: `${holdWords(hold, now)}; nothing is kept.` };
  const names = legs.map(({ source }) => sourceWords(source)).join(", ");
  if (simple) {
    const what = legs.length === 1 ? names : `any of ${names}`;
    return { code: "waiting_for", sentence: `Waiting for ${what}.` };
  }
  return {
    code: "waiting_for",
    sentence: `Waiting for ${countWords(legs.length, "leg")}: ${names}.`,
  };
}

function legWords(leg: LegStory | undefined, now: Instant): string {
  if (leg === undefined || leg.latest === null) return "never there yet";
  const { latest, delivery } = leg;
  const at = [momentWords(latest.at, now), originWords(latest)].filter(Boolean).join(", ");
  return `${factName(latest)} ${at}${fateWords(delivery)}`;
}

function fateWords(delivery: LegStory["delivery"]): string {
  if (delivery === null) return ", not counted by this trigger";
  const { disposition, reason, runId } = delivery;
  switch (disposition) {
    case "waiting_for":
      return "";
    case "started":
    case "included":
      return `, already used by run_${runId ?? 0}`;
    default:
      return `, ${disposition.replaceAll("_", " ")}${reason === null ? "" : `: ${reason}`}`;
  }
}

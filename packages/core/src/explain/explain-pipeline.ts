import { shortName } from "../namespace/short-name.ts";
import type { Instant } from "../lib/instant.ts";
import { conditionLines } from "./condition-answer.ts";
import { groupPrefix, type LimitNote, limitWords } from "./explain-group.ts";
import { explainTrigger, type TriggerAnswer, type TriggerStory } from "./explain-trigger.ts";
import { isoText, momentWords, type RunNote } from "./fact-words.ts";
import type { NextStep } from "./next-step.ts";
import type { ReasonCode } from "./reason.ts";

/** What is known of a pipeline. */
export interface PipelineStory {
  readonly pipeline: string;
  /** Its newest run, whatever started it. */
  readonly last: RunNote | null;
  readonly triggers: readonly TriggerStory[];
  readonly limit: LimitNote | null;
}

export interface PipelineAnswer {
  readonly subject: "pipeline";
  readonly pipeline: string;
  readonly lastRun: string | null;
  readonly lastRunAt: string | null;
  readonly triggers: readonly TriggerAnswer[];
  readonly next: NextStep | null;
  readonly lines: readonly string[];
}

/** What each trigger of a pipeline waits for: any of them starts it, none looks at the others. */
export function explainPipeline(story: PipelineStory, now: Instant): PipelineAnswer {
  const { pipeline, last, limit } = story;
  const triggers = story.triggers.map((trigger) => explainTrigger(trigger, now));
  const next = triggers.find((trigger) => trigger.next !== null)?.next ?? null;
  const name = shortName(pipeline);
  const ran =
    last === null
      ? `${name} has never run.`
      : `${name} last ran ${momentWords(last.at, now)} (run_${last.id}, ${last.state}).`;
  const isFull = limit !== null && limit.activeRunIds.length >= limit.max;
  const lines = [
    ran,
    ...(isFull ? [`${limitWords(limit)}.`] : []),
    "",
    triggers.length === 0
      ? "It has no triggers: it runs when it is called or started by hand."
      : `Triggers (${triggers.length}) - Pipeline runs when ANY trigger fires`,
    ...triggers.flatMap((trigger, at) => triggerLines(trigger, ` ${at + 1} `)),
    ...nextLines(next),
  ];
  return {
    subject: "pipeline",
    pipeline,
    lastRun: last === null ? null : `run_${last.id}`,
    lastRunAt: last === null ? null : isoText(last.at),
    triggers,
    next,
    lines,
  };
}

const STOPPED: readonly ReasonCode[] = ["trigger_disabled", "pipeline_paused", "limit_reached"];
const GROUPS_SHOWN_MAX = 10;

/** A trigger with its condition, and what waits for each partition. */
export function triggerLines(trigger: TriggerAnswer, prefix: string): readonly string[] {
  const { name, type, reason, sentence, condition, groups, groupCount } = trigger;
  const indent = " ".repeat(prefix.length + 2);
  const sign = STOPPED.includes(reason) ? "✕" : "○";
  const shown = groups.slice(0, GROUPS_SHOWN_MAX);
  const fired = trigger.lastRun === null ? "never fired" : `last fired ${trigger.lastRun}`;
  const rest = groupCount - shown.length;
  return [
    `${prefix}${sign} ${name} (${type}, ${fired})${groups.length === 0 ? `: ${sentence}` : ""}`,
    ...(condition === null ? [] : conditionLines(condition, indent)),
    ...shown.map((group) => `${indent}${groupPrefix(group.partition)}${group.sentence}`),
    ...(rest > 0 ? [`${indent}and ${rest} more`] : []),
    ...(trigger.nextAt.length > 1 ? [`${indent}then ${trigger.nextAt.slice(1).join(", ")}`] : []),
  ];
}

export function nextLines(next: NextStep | null): readonly string[] {
  if (next === null) return [];
  const attempt = next.command === null ? "" : ` Try:  ${next.command}`;
  return ["", `Most likely: ${next.sentence}${attempt}`];
}

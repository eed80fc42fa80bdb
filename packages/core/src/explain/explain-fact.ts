import { shortName } from "../namespace/short-name.ts";
import type { Instant } from "../lib/instant.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import {
  type FactNote,
  factName,
  factWords,
  isoText,
  momentWords,
  originWords,
} from "./fact-words.ts";
import { explainGroup, type GroupStory, type Hold, type LimitNote } from "./explain-group.ts";
import { type Reason, reasonCode } from "./reason.ts";

/** What is known of an update or an event. */
export interface FactStory {
  readonly fact: FactNote;
  readonly metadata: JsonValue;
  /** Nobody has evaluated it yet. */
  readonly isPending: boolean;
  /** How often its source told it. */
  readonly told: number;
  readonly deliveries: readonly DeliveryNote[];
  /** What ties it to the story that it is a part of; null or absent: not known. */
  readonly correlationId?: string | null;
  readonly traceparent?: string | null;
}

/** What stands in the ledger for one fact at one trigger, or at one group of it. */
export interface DeliveryNote {
  readonly pipeline: string;
  readonly trigger: string;
  readonly disposition: string;
  readonly reason: string | null;
  readonly runId: number | null;
  /** While it waits: its group. */
  readonly group: GroupStory | null;
  readonly hold: Hold | null;
  readonly limit: LimitNote | null;
}

export interface DispositionAnswer {
  readonly pipeline: string;
  readonly trigger: string;
  readonly reason: Reason["code"];
  readonly sentence: string;
  readonly run: string | null;
}

export interface FactStoryAnswer {
  readonly subject: "update" | "event" | "run";
  readonly id: string;
  readonly name: string;
  readonly partition: Partition;
  readonly at: string;
  readonly by: string | null;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  readonly told: number;
  readonly dispositions: readonly DispositionAnswer[];
  /** Of the fact as a whole: it awaits evaluation, nobody listens, it was told again. */
  readonly reasons: readonly Reason[];
  readonly lines: readonly string[];
}

/** What became of a fact: one sentence for each trigger that it matched. */
export function explainFact(story: FactStory, now: Instant): FactStoryAnswer {
  const { fact, told, correlationId = null, traceparent = null } = story;
  const dispositions = story.deliveries.map((delivery) => explainDelivery(delivery, now));
  const reasons = wholeReasons(story);
  const origin = [momentWords(fact.at, now), originWords(fact)].filter(Boolean).join(", ");
  return {
    subject: fact.kind,
    id: factName(fact),
    name: fact.name,
    partition: fact.partition,
    at: isoText(fact.at),
    by: fact.by === null ? null : `run_${fact.by.id}`,
    correlationId,
    traceparent,
    told,
    dispositions,
    reasons,
    lines: [
      `${factName(fact)}  ${factWords(fact)}  ${origin}`,
      ...correlationLines(story),
      ...reasons.map(({ sentence }) => sentence),
      ...dispositions.map(dispositionLine),
    ],
  };
}

/** A story that began elsewhere is named; one that begins with the fact or its run is already. */
export function correlationLines({ fact, correlationId = null }: FactStory): readonly string[] {
  const known = [factName(fact), fact.by === null ? null : `run_${fact.by.id}`];
  if (correlationId === null || known.includes(correlationId)) return [];
  return [`Its correlation id is ${correlationId}.`];
}

export function dispositionLine({
  pipeline,
  trigger,
  reason,
  sentence,
}: DispositionAnswer): string {
  const sign = reason === "started" || reason === "included" ? "✓" : "○";
  return `  ${sign} ${shortName(pipeline)} (${trigger}): ${sentence}`;
}

function wholeReasons({ isPending, told, deliveries }: FactStory): readonly Reason[] {
  const reasons: Reason[] = [];
  if (isPending) {
    const sentence = "Not evaluated yet: a worker or scheduler will take it up.";
    reasons.push({ code: "not_evaluated", sentence });
  } else if (deliveries.length === 0) {
    reasons.push({ code: "no_subscribers", sentence: "Nothing listens to this." });
  }
  if (told > 1) {
    const again = told === 2 ? "once more" : `${told - 1} times more`;
    const sentence = `Its source told it ${again}; the repeats changed nothing.`;
    reasons.push({ code: "duplicate", sentence });
  }
  return reasons;
}

/** One row of the ledger in a sentence; what still waits is judged as of now. */
export function explainDelivery(delivery: DeliveryNote, now: Instant): DispositionAnswer {
  const { pipeline, trigger, runId, group } = delivery;
  const base = { pipeline, trigger, run: runId === null ? null : `run_${runId}` };
  if (delivery.disposition === "waiting_for" && group !== null) {
    const { code, sentence } = explainGroup(group, delivery, now);
    return { ...base, reason: code, sentence };
  }
  return { ...base, reason: reasonCode(delivery.disposition), sentence: sentenceOf(delivery) };
}

const SENTENCES: Readonly<Record<string, string>> = {
  waiting_for: "Waits",
  filtered: "Left out by the filter",
  partition_mismatch: "For no partition of the pipeline",
  unchanged: "Its content is what the trigger had before",
  quarantined: "Quarantined: a blocking check failed",
  suppressed: "Made by a backfill that triggers nothing",
  dropped: "Dropped",
  superseded: "A newer one took its place",
  trigger_changed: "The trigger was changed, and no longer asks for it",
  limit_reached: "Left out at a limit",
  expired: "Expired before the condition was satisfied",
  evaluation_error: "The trigger could not be evaluated",
  dead_lettered: "In the dead letters",
};

function sentenceOf({ disposition, reason, runId }: DeliveryNote): string {
  if (disposition === "started") return `Started run_${runId ?? 0}.`;
  if (disposition === "included") return `Included in run_${runId ?? 0}.`;
  const words = SENTENCES[disposition] ?? disposition.replaceAll("_", " ");
  return reason === null ? `${words}.` : `${words}: ${reason}.`;
}

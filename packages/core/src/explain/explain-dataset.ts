import { shortName } from "../namespace/short-name.ts";
import { partitionWords } from "../partition/partition-words.ts";
import type { Instant } from "../lib/instant.ts";
import type { Partition } from "../spec/partition-spec.ts";
import {
  correlationLines,
  dispositionLine,
  explainFact,
  type FactStory,
  type FactStoryAnswer,
} from "./explain-fact.ts";
import {
  type FactAnswer,
  type FactNote,
  factName,
  isoText,
  momentWords,
  toFactAnswer,
} from "./fact-words.ts";
import { nextLines } from "./explain-pipeline.ts";
import { type NextStep, nextStep, type ProducerNote } from "./next-step.ts";

/** What is known of a dataset. */
export interface DatasetStory {
  readonly dataset: string;
  readonly latest: FactStory | null;
  readonly freshness: {
    readonly state: "fresh" | "stale" | "unknown";
    readonly since: Instant;
    readonly dueAt: Instant | null;
  } | null;
  /** Updates whose blocking checks failed and which nobody has released; newest first. */
  readonly quarantined: readonly FactNote[];
  /** Partitions of several objects that are not complete; those that wait longest, first. */
  readonly incomplete: readonly IncompleteNote[];
  readonly producers: readonly ProducerNote[];
}

/** A partition that waits for more objects. */
export interface IncompleteNote {
  readonly partition: Partition;
  /** What it waits for, without a full stop. */
  readonly missing: string;
  readonly objects: number;
  readonly bytes: number;
  readonly since: Instant;
}

export interface DatasetAnswer {
  readonly subject: "dataset";
  readonly dataset: string;
  readonly latest: FactStoryAnswer | null;
  /** Null when it has no freshness policy. */
  readonly freshness: {
    readonly state: "fresh" | "stale" | "unknown";
    readonly since: string;
    readonly dueAt: string | null;
  } | null;
  readonly quarantined: readonly FactAnswer[];
  readonly incomplete: readonly (Omit<IncompleteNote, "since"> & { readonly since: string })[];
  readonly next: NextStep | null;
  readonly lines: readonly string[];
}

/** How a dataset stands, and what each of its subscribers did with its newest update. */
export function explainDataset(story: DatasetStory, now: Instant): DatasetAnswer {
  const { dataset, freshness, quarantined, incomplete, producers } = story;
  const latest = story.latest === null ? null : explainFact(story.latest, now);
  const isBehind = latest === null || freshness?.state === "stale";
  const next = isBehind ? nextOfMissing(producers, now) : null;
  return {
    subject: "dataset",
    dataset,
    latest,
    freshness: freshness === null ? null : freshnessAnswer(freshness),
    quarantined: quarantined.map(toFactAnswer),
    incomplete: incomplete.map((note) => ({ ...note, since: isoText(note.since) })),
    next,
    lines: [
      ...latestLines(dataset, latest, story.latest, now),
      ...(freshness === null ? [] : [freshnessLine(freshness, now)]),
      ...quarantined.map((fact) => quarantineLine(fact, now)),
      ...incomplete.map((note) => incompleteLine(note, now)),
      ...nextLines(next),
    ],
  };
}

type Freshness = NonNullable<DatasetStory["freshness"]>;

function freshnessAnswer({ state, since, dueAt }: Freshness): DatasetAnswer["freshness"] {
  return { state, since: isoText(since), dueAt: dueAt === null ? null : isoText(dueAt) };
}

function freshnessLine({ state, since, dueAt }: Freshness, now: Instant): string {
  const due = dueAt === null ? "" : `; due ${momentWords(dueAt, now)}`;
  return `It is ${state} since ${momentWords(since, now)}${due}.`;
}

function latestLines(
  dataset: string,
  latest: FactStoryAnswer | null,
  story: FactStory | null,
  now: Instant,
): readonly string[] {
  if (latest === null || story === null) return [`${shortName(dataset)} was never updated.`];
  const { fact } = story;
  const { id, reasons, dispositions } = latest;
  const what = [`${shortName(dataset)} was last updated ${momentWords(fact.at, now)}`];
  const slot = partitionWords(fact.partition);
  if (slot !== "") what.push(`for ${slot}`);
  const by =
    fact.by === null ? "from outside" : `by ${shortName(fact.by.pipeline)} run_${fact.by.id}`;
  return [
    `${what.join(" ")} ${by} (${id}).`,
    ...correlationLines(story),
    ...reasons.map(({ sentence }) => sentence),
    ...dispositions.map(dispositionLine),
  ];
}

function quarantineLine(fact: FactNote, now: Instant): string {
  const slot = partitionWords(fact.partition);
  const what = slot === "" ? factName(fact) : `${factName(fact)} for ${slot}`;
  return `Quarantined: ${what}, ${momentWords(fact.at, now)}. Release it:  millrace release ${factName(fact)}`;
}

function incompleteLine(note: IncompleteNote, now: Instant): string {
  const { partition, missing, objects, since } = note;
  const slot = partitionWords(partition);
  const what = slot === "" ? "Incomplete" : `Incomplete: ${slot}`;
  const there = objects === 1 ? "1 object is" : `${objects} objects are`;
  return `${what}, since ${momentWords(since, now)}; ${there} there. Missing: ${missing}.`;
}

function nextOfMissing(producers: readonly ProducerNote[], now: Instant): NextStep | null {
  const nothing = { pipeline: "", trigger: "", has: new Set<number>(), limit: null };
  return nextStep({ ...nothing, reason: "waiting_for", legs: [{ producers }] }, now);
}

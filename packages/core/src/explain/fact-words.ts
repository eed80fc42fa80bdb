import { shortName } from "../namespace/short-name.ts";
import { partitionWords } from "../partition/partition-words.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import type { RunState } from "../run/states.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { SourceSpec } from "../spec/trigger-spec.ts";

/** A fact of the history, with what its name says of it. */
export interface FactNote {
  readonly kind: "update" | "event" | "run";
  readonly id: number;
  /** Id of the dataset or pipeline, or the event's name. */
  readonly name: string;
  readonly partition: Partition;
  readonly at: Instant;
  /** The run that made it; null when it came from outside, and of the end of a run. */
  readonly by: RunNote | null;
}

export interface RunNote {
  readonly id: number;
  readonly pipeline: PipelineId;
  readonly state: RunState;
  /** When it ended, or else when it was created. */
  readonly at: Instant;
  /** Why it ended as it did, where that is known. */
  readonly reason: string | null;
}

/** The same as the answer has it: ids as commands take them, times in ISO 8601. */
export interface FactAnswer {
  readonly id: string;
  readonly name: string;
  readonly partition: Partition;
  readonly at: string;
  readonly by: string | null;
}

export function toFactAnswer(fact: FactNote): FactAnswer {
  const { name, partition, at, by } = fact;
  const answer = { id: factName(fact), name, partition, at: isoText(at) };
  return { ...answer, by: by === null ? null : `run_${by.id}` };
}

/** `update_12`, `event_3`, `run_7`. */
export function factName({ kind, id }: Pick<FactNote, "kind" | "id">): string {
  return `${kind}_${id}`;
}

/** `orders date=2026-01-01`, `end of load`, `event prices.stale`. */
export function factWords({ kind, name, partition }: Omit<FactNote, "id" | "at" | "by">): string {
  const what = { update: "", event: "event ", run: "end of " }[kind] + shortName(name);
  return [what, partitionWords(partition)].filter(Boolean).join(" ");
}

/** What a leg listens to. */
export function sourceWords(source: SourceSpec): string {
  switch (source.type) {
    case "dataset":
      return shortName(source.dataset);
    case "pipeline":
      return `${source.on === "completion" ? "end" : source.on} of ${shortName(source.pipeline)}`;
    case "event":
      return `event ${source.event}`;
    case "pattern":
      return source.uri;
    case "events":
      return `events ${source.pattern}`;
  }
}

/** `by load run_12`, or `from outside`. */
export function originWords({ kind, by }: FactNote): string {
  if (by !== null) return `by ${shortName(by.pipeline)} run_${by.id}`;
  return kind === "run" ? "" : "from outside";
}

export function isoText(at: Instant): string {
  return new Date(at).toISOString();
}

/** `2026-01-01 02:00:03 UTC, 2h 5m ago`. What lies ahead is said to. */
export function momentWords(at: Instant, now: Instant): string {
  const text = `${isoText(at).slice(0, 19).replace("T", " ")} UTC`;
  const gapMs = now - at;
  if (Math.abs(gapMs) < 1_000) return `${text}, now`;
  return gapMs > 0
    ? `${text}, ${formatDuration(gapMs)} ago`
    : `${text}, in ${formatDuration(-gapMs)}`;
}

/** `1 run`, `2 runs`. */
export function countWords(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

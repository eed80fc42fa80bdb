import { type AnyEvent, MillraceError } from "@millrace/core";
import {
  datasetId,
  type DatasetSpec,
  datasetSpecOf,
  factLabel,
  type Instant,
  type JsonValue,
  type Partition,
  partitionValueProblem,
  type PartitionSchemes,
  type ReplayFactDraft,
  renderUri,
  shortName,
} from "@millrace/core/internal";
import type { PublishEntry, UpdateEntry } from "./timeline.ts";

/** An update without its time. */
export type UpdateGiven = Omit<UpdateEntry, "at">;
export type PublishGiven = Omit<PublishEntry, "at">;

const QUIET = {
  state: null,
  contentVersion: null,
  quarantined: false,
  suppressed: false,
  backfillId: null,
} as const;

/** @throws {INPUT_INVALID} When the partition is none of the dataset's. */
export function updateFact({ update, ...given }: UpdateGiven, at: Instant): ReplayFactDraft {
  return updateFactOf(datasetSpecOf(update), given, at);
}

/** @throws {INPUT_INVALID} When the partition is none of the dataset's. */
export function updateFactOf(
  spec: DatasetSpec,
  given: Omit<UpdateGiven, "update">,
  at: Instant,
): ReplayFactDraft {
  const { partition = {}, source = { type: "api", key: "simulate" }, kind = "changed" } = given;
  const dataset = datasetId(spec);
  requirePartition(`an update of ${shortName(dataset)}`, partition, spec.partitions);
  const uri = given.uri ?? placeOf(spec, partition);
  const metadata = json(given.metadata, `metadata of ${shortName(dataset)}`);
  return {
    ...QUIET,
    kind: "update",
    source: { type: "dataset", dataset },
    at,
    partition,
    schemes: spec.partitions,
    facts: { metadata, kind, source, partition, uri },
    contentVersion: given.version ?? null,
    quarantined: given.quarantined ?? false,
    label: given.as ?? factLabel(shortName(dataset), partition),
  };
}

export function eventFact({ publish, data, as }: PublishGiven, at: Instant): ReplayFactDraft {
  const name = eventName(publish);
  const source = { type: "api", key: "simulate" };
  return {
    ...QUIET,
    kind: "event",
    source: { type: "event", event: name },
    at,
    partition: {},
    schemes: {},
    facts: { name, data: json(data, `data of ${name}`), source },
    label: as ?? name,
  };
}

/** @throws {INPUT_INVALID} */
export function requirePartition(
  what: string,
  partition: Partition,
  schemes: PartitionSchemes,
): void {
  const strange = Object.keys(partition).filter((key) => !Object.hasOwn(schemes, key));
  const issues = strange.map((key) => `it has no partition key "${key}"`);
  for (const [key, scheme] of Object.entries(schemes)) {
    const value = partition[key];
    const problem = value === undefined ? "nothing is given" : partitionValueProblem(scheme, value);
    if (problem !== null) issues.push(`partition key "${key}": ${problem}`);
  }
  if (issues.length > 0) throw timelineInvalid(what, issues);
}

/** One error for what a timeline says wrongly. */
export function timelineInvalid(
  what: string,
  issues: readonly string[],
): MillraceError<"INPUT_INVALID"> {
  const text = `The timeline has ${what}: ${issues.join("; ")}. Correct that entry.`;
  return new MillraceError("INPUT_INVALID", { what: `timeline: ${what}`, issues }, text);
}

/** What JSON makes of a value, so that filters and paths see what a store would hold. */
export function json(value: unknown, what: string): JsonValue {
  if (value === undefined) return null;
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw timelineInvalid(what, ["it is not JSON"]);
  return JSON.parse(text) as JsonValue;
}

function placeOf({ uri }: DatasetSpec, partition: Partition): string | null {
  return uri === null ? null : renderUri(uri, partition);
}

function eventName(event: AnyEvent | string): string {
  return typeof event === "string" ? event : event.name;
}

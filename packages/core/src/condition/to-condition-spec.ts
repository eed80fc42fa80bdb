import { quoted } from "../check/names.ts";
import { own } from "../check/own.ts";
import type { Declarations } from "../pipeline/declarations.ts";
import { addDataset, addEvent, addPipeline } from "../pipeline/declarations.ts";
import { canonicalJson } from "../spec/json.ts";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { ConditionSpec, LegSpec, PartitionMapSpec, SourceSpec } from "../spec/trigger-spec.ts";
import type { ConditionDraft, LegDraft, SourceDraft } from "./condition-draft.ts";

/** The pipeline that a condition meets. */
export interface Consumer {
  readonly partitions: PartitionSchemes;
  readonly declarations: Declarations;
  /** Takes what is wrong with the trigger at hand. */
  readonly problems: string[];
}

export function toConditionSpec(draft: ConditionDraft, consumer: Consumer): ConditionSpec {
  if (draft.type === "leg") return { type: "leg", leg: toLegSpec(draft.leg, consumer) };
  const of = draft.of.map((part) => toConditionSpec(part, consumer));
  return draft.type === "atLeast"
    ? { type: "atLeast", count: draft.count, of }
    : { type: draft.type, of };
}

function toLegSpec(draft: LegDraft, consumer: Consumer): LegSpec {
  const source = toSourceSpec(draft.source, consumer.declarations);
  consumer.problems.push(...draft.issues.map((issue) => `in ${nameOf(draft.source)} ${issue}`));
  const partition =
    draft.maps === null
      ? sameKeys(draft.source, consumer)
      : writtenMaps(draft.source, draft.maps, consumer);
  const complete = completeOf(draft, consumer.problems);
  return {
    source,
    where: draft.where,
    partition,
    ...(draft.maxAgeMs !== undefined && { maxAgeMs: draft.maxAgeMs }),
    ...(complete !== undefined && { complete }),
  };
}

/** `complete()` without keys means all that the source has. */
function completeOf(draft: LegDraft, problems: string[]): LegSpec["complete"] {
  if (draft.complete !== null) return draft.complete;
  const keys = Object.keys(partitionsOf(draft.source));
  if (keys.length === 0) {
    problems.push(
      `in ${nameOf(draft.source)} complete() finds no partition keys; ` +
        "declare partitions of the dataset, or leave complete() out",
    );
    return undefined;
  }
  return Object.fromEntries(keys.map((key) => [key, "all"] as const));
}

/** Nothing was said: what both sides call by one name is one key. */
function sameKeys(source: SourceDraft, consumer: Consumer): Record<string, PartitionMapSpec> {
  const has = partitionsOf(source);
  const wanted = Object.keys(consumer.partitions);
  if (wanted.length === 0 && Object.keys(has).length > 0) {
    const mend = source.type === "pipeline" ? "add partition: {} to after()" : "add .as({})";
    consumer.problems.push(
      `${nameOf(source)} is partitioned and the pipeline is not: ` +
        `declare the pipeline's partitions, or ${mend} for a run that is for none`,
    );
  }
  const shared = wanted.filter((key) => own(has, key) !== undefined);
  return Object.fromEntries(shared.map((key) => [key, { map: "same", from: key } as const]));
}

function writtenMaps(
  source: SourceDraft,
  maps: NonNullable<LegDraft["maps"]>,
  consumer: Consumer,
): Record<string, PartitionMapSpec> {
  const written: [string, PartitionMapSpec][] = [];
  for (const [key, map] of Object.entries(maps)) {
    const scheme = own(consumer.partitions, key);
    if (map === null) {
      consumer.problems.push(
        `in ${nameOf(source)} the partition key ${quoted(key)} has no mapping: ` +
          "write same(), rollup() or fixed(), or for an event a value or from()",
      );
      continue;
    }
    if (
      map.to !== null &&
      scheme !== undefined &&
      canonicalJson(map.to) !== canonicalJson(scheme)
    ) {
      consumer.problems.push(
        `in ${nameOf(source)} the partition key ${quoted(key)} is rolled up to another scheme ` +
          "than the pipeline's: give both the same one",
      );
    }
    written.push([key, map.spec]);
  }
  return Object.fromEntries(written);
}

function toSourceSpec(source: SourceDraft, declarations: Declarations): SourceSpec {
  switch (source.type) {
    case "dataset":
      return { type: "dataset", dataset: addDataset(declarations, source.declaration) };
    case "event":
      return { type: "event", event: addEvent(declarations, source.declaration) };
    case "pipeline": {
      const pipeline = addPipeline(declarations, source.declaration);
      return { type: "pipeline", pipeline, on: source.on };
    }
    case "events":
    case "pattern":
      return source;
  }
}

function partitionsOf(source: SourceDraft): PartitionSchemes {
  switch (source.type) {
    case "dataset":
      return source.declaration.spec.partitions;
    case "pipeline":
      return source.declaration.partitions;
    case "pattern":
      return source.captures;
    case "event":
    case "events":
      return {};
  }
}

function nameOf(source: SourceDraft): string {
  switch (source.type) {
    case "dataset":
      return `dataset ${source.declaration.spec.namespace}/${source.declaration.spec.name}`;
    case "event":
      return `event ${source.declaration.spec.name}`;
    case "events":
      return `events ${source.pattern}`;
    case "pattern":
      return `pattern ${source.uri}`;
    case "pipeline":
      return `pipeline ${source.declaration.id}`;
  }
}

import type { AnyDataset, AnyEvent } from "@millrace/core";
import {
  datasetId,
  datasetSpecOf,
  DATASET,
  EVENT,
  type IntakeEvent,
  type IntakeUpdate,
  isEvent,
  type Partition,
  type PipelineDefinition,
  renderUri,
  shortName,
} from "@millrace/core/internal";
import { json, requirePartition } from "../timeline-fact.ts";
import { valid } from "./valid-input.ts";

const SOURCE = { type: "api", key: "test" } as const;

/**
 * @throws {INPUT_INVALID} When the partition is none of the dataset's, or its schema refuses the
 * metadata.
 */
export async function toIntakeUpdate(
  dataset: AnyDataset,
  given: {
    readonly partition?: Partition;
    readonly metadata?: unknown;
    readonly kind?: "changed" | "removed";
  },
): Promise<IntakeUpdate> {
  const spec = datasetSpecOf(dataset);
  const { partition = {}, kind = "changed" } = given;
  const name = shortName(datasetId(spec));
  requirePartition(`an update of ${name}`, partition, spec.partitions);
  const { schema } = dataset[DATASET];
  const metadata = await valid(`metadata of ${name}`, schema, given.metadata ?? {});
  return {
    dataset: datasetId(spec),
    partition,
    kind,
    uri: spec.uri === null ? null : renderUri(spec.uri, partition),
    metadata: json(metadata, `metadata of ${name}`),
    source: SOURCE,
    idempotencyKey: null,
    correlationId: null,
  };
}

/** @throws {INPUT_INVALID} When the event's schema refuses the data. */
export async function toIntakeEvent(
  event: AnyEvent | string,
  data: unknown,
  definitions: readonly PipelineDefinition[],
): Promise<IntakeEvent> {
  const name = isEvent(event) ? event.name : event;
  const schema = isEvent(event) ? event[EVENT].schema : schemaOf(name, definitions);
  const checked = await valid(`data of ${name}`, schema, data);
  return {
    name,
    data: json(checked, `data of ${name}`),
    source: SOURCE,
    idempotencyKey: null,
    correlationId: null,
  };
}

function schemaOf(name: string, definitions: readonly PipelineDefinition[]) {
  for (const { events } of definitions) {
    const schema = events.get(name);
    if (schema !== undefined) return schema;
  }
  return null;
}

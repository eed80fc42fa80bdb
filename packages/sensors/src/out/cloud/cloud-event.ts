import type { JsonValue, Partition, PipelineId, RunState } from "@millrace/core/internal";

/** An event of CloudEvents 1.0 with JSON data and the extensions that Millrace sets. */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly correlationid: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  /** A hint for brokers, which may change it: the partition itself is in the data. */
  readonly partitionkey?: string;
  readonly data: JsonValue;
}

/** What all that goes out has, whatever it tells of. */
export interface OutCause {
  /** The installation, as a URL or another URI; sources are below it. */
  readonly base: string;
  /** ISO 8601. */
  readonly at: string;
  readonly correlationId: string;
  readonly traceparent: string | null;
  /** The run that did it; null when it came from outside. */
  readonly runId: number | null;
}

export interface OutUpdate {
  readonly id: number;
  /** `namespace/name`. */
  readonly dataset: string;
  readonly kind: "changed" | "removed";
  readonly partition: Partition;
  readonly uri: string | null;
  readonly metadata: JsonValue;
  readonly task: string | null;
}

export interface OutEvent {
  readonly id: number;
  readonly name: string;
  readonly data: JsonValue;
}

export interface OutRunEnd {
  readonly id: number;
  readonly pipeline: PipelineId;
  readonly state: Extract<RunState, "succeeded" | "failed" | "cancelled">;
  readonly reason: string | null;
  readonly partition: Partition;
  readonly trigger: string;
}

/** Types of Millrace's own; those of users keep their names. */
const TYPE = "dev.millrace";

/** `dev.millrace.dataset.updated.v1` or `….dataset.removed.v1`. */
export function updateCloudEvent(cause: OutCause, update: OutUpdate): CloudEvent {
  const { id, kind, ...data } = update;
  return cloudEvent(cause, {
    id: `update_${id}`,
    source: sourceOf(cause.base, "datasets", update.dataset),
    type: `${TYPE}.dataset.${kind === "removed" ? "removed" : "updated"}.v1`,
    subject: update.uri ?? update.dataset,
    partition: update.partition,
    data: { ...data, run: runName(cause.runId) },
  });
}

/** A user's event under its own name. Its data is its own too, whole. */
export function eventCloudEvent(cause: OutCause, event: OutEvent): CloudEvent {
  return cloudEvent(cause, {
    id: `event_${event.id}`,
    source: sourceOf(cause.base, "events", event.name),
    type: event.name,
    partition: {},
    data: event.data,
  });
}

/** `dev.millrace.pipeline.run.succeeded.v1`, `….failed.v1` or `….cancelled.v1`. */
export function runEndCloudEvent(cause: OutCause, run: OutRunEnd): CloudEvent {
  const { id, ...data } = run;
  return cloudEvent(cause, {
    id: `run_${id}`,
    source: sourceOf(cause.base, "pipelines", run.pipeline),
    type: `${TYPE}.pipeline.run.${run.state}.v1`,
    subject: `run_${id}`,
    partition: run.partition,
    data: { ...data, run: `run_${id}` },
  });
}

interface Told {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly partition: Partition;
  readonly data: JsonValue;
}

/**
 * Source and id together are unique, as CloudEvents 1.0 asks ("Producers MUST ensure that
 * source + id is unique for each distinct event"), and stay so when it is sent again.
 */
function cloudEvent(cause: OutCause, { partition, data, ...told }: Told): CloudEvent {
  const { id, source, type, subject } = told;
  const key = Object.entries(partition)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  return {
    specversion: "1.0",
    id,
    source,
    type: attributeText(type),
    ...(subject !== undefined && { subject: attributeText(subject) }),
    time: cause.at,
    datacontenttype: "application/json",
    correlationid: attributeText(cause.correlationId),
    ...(cause.runId !== null &&
      id !== runName(cause.runId) && { causationid: `run_${cause.runId}` }),
    ...(cause.traceparent !== null && { traceparent: cause.traceparent }),
    ...(key !== "" && { partitionkey: attributeText(key) }),
    data,
  };
}

/**
 * Names and partitions may hold what an attribute may not: control characters, and code points that
 * are no characters. They are percent-encoded, so that no receiver refuses the event; the data tell
 * them as they are.
 *
 * @see CloudEvents 1.0.2, type system, `String`.
 */
function attributeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, (character) =>
      encodeURIComponent(character),
    );
}

/** A URI reference: names are of a few letters, but events have names of users. */
function sourceOf(base: string, kind: string, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `${base.replace(/\/+$/, "")}/${kind}/${path}`;
}

function runName(runId: number | null): string | null {
  return runId === null ? null : `run_${runId}`;
}

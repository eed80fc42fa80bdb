import type { Instant } from "../lib/instant.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { Afterwards } from "./store.ts";

/** The one way in for what happens outside. */
export interface IntakeStore {
  /** Records updates whose key is new; the others change nothing. In order of the items. */
  recordUpdates(items: readonly IntakeUpdate[]): Promise<IntakeResult>;
  recordEvents(items: readonly IntakeEvent[]): Promise<IntakeResult>;
  /** Both in one transaction, as one request brought them. Ids: of the updates, then of the events. */
  recordFacts(facts: IntakeFacts): Promise<IntakeResult>;
  /**
   * Compares objects with the present state of their key, under a lock on it, and records an
   * update for those that are new.
   */
  recordObjects(items: readonly ObservedObject[]): Promise<IntakeResult>;
  recordDeadLetters(items: readonly DeadLetter[]): Promise<void>;
  /** Starts a run by hand. The same idempotency key gives the same run. */
  startRun(start: ManualStart): Promise<Afterwards & { readonly runId: number }>;
}

export interface IntakeResult extends Afterwards {
  /** By item: the id of what it became, null when it was a duplicate or out of date. */
  readonly ids: readonly (number | null)[];
}

export interface IntakeFacts {
  readonly updates: readonly IntakeUpdate[];
  readonly events: readonly IntakeEvent[];
}

export interface IntakeUpdate {
  readonly dataset: DatasetId;
  readonly partition: Partition;
  readonly kind: "changed" | "removed";
  readonly uri: string | null;
  readonly metadata: JsonValue;
  /** Where it came from, e.g. `{ type: "api", key: … }`. */
  readonly source: { readonly type: string; readonly key: string };
  /** How checks came out that the source itself makes. */
  readonly checks?: Readonly<Record<string, boolean>>;
  /** What it is a version of: equal versions have equal contents. */
  readonly contentVersion?: string;
  /** Two updates of one source with equal keys are one; null: always new. */
  readonly idempotencyKey: string | null;
  readonly correlationId: string | null;
  /** W3C trace context, taken over by what it starts; without one, or a broken one, a new trace. */
  readonly traceparent?: string | null;
}

export interface IntakeEvent {
  readonly name: string;
  readonly data: JsonValue;
  readonly source: { readonly type: string; readonly key: string };
  readonly idempotencyKey: string | null;
  readonly correlationId: string | null;
  readonly traceparent?: string | null;
  /** Heard in this namespace only; absent: everywhere. */
  readonly namespace?: string | null;
}

/** One version of one object, as an event or a listing told of it. */
export interface ObservedObject {
  readonly dataset: DatasetId;
  readonly partition: Partition;
  readonly kind: "changed" | "removed";
  readonly bucket: string;
  readonly key: string;
  readonly etag: string | null;
  readonly bytes: number | null;
  /** Null in a bucket without versions. */
  readonly versionId: string | null;
  /** Hexadecimal; orders the events of one key. Null in a listing. */
  readonly sequencer: string | null;
  /** When the object was written, as the source says. */
  readonly at: Instant;
  readonly via: "event" | "listing";
  /** Of a listing: when it was taken, by the source's clock. Absent, `at` stands in for it. */
  readonly listedAt?: Instant;
  /** Of the manifest of a partition: the keys that it lists. Absent when it was not read. */
  readonly listed?: readonly string[];
  /** As of an update; without one, the update begins a story of its own. */
  readonly correlationId?: string | null;
  readonly traceparent?: string | null;
}

export interface DeadLetter {
  readonly source: string;
  readonly reason: string;
  /** As it came, cut to 256 KiB. */
  readonly body: string;
  /** Two of one source with equal keys are one; absent: always new. */
  readonly idempotencyKey?: string | undefined;
}

export interface ManualStart {
  readonly pipeline: PipelineId;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly idempotencyKey: string | null;
  readonly correlationId: string | null;
  readonly traceparent?: string | null;
}

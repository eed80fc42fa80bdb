import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";

/** What is told outside: what triggers hear of, and messages that could not be taken in. */
export type OutKind = "update" | "event" | "run" | "dead_letter";

/** A fact with all that any subscriber may be told of it. Times are ISO 8601. */
export type OutgoingFact = OutgoingUpdate | OutgoingEvent | OutgoingRun | OutgoingDeadLetter;

interface Caused {
  readonly id: number;
  readonly at: string;
  readonly correlationId: string;
  /** W3C trace context. */
  readonly traceparent: string | null;
  /** The run that did it; null when it came from outside. Of a run: itself. */
  readonly runId: number | null;
}

export interface OutgoingUpdate extends Caused {
  readonly kind: "update";
  /** `namespace/name`. */
  readonly dataset: string;
  readonly change: "changed" | "removed";
  readonly partition: Partition;
  readonly uri: string | null;
  readonly metadata: JsonValue;
  readonly task: string | null;
}

export interface OutgoingEvent extends Caused {
  readonly kind: "event";
  readonly name: string;
  readonly data: JsonValue;
}

/** The end of a run. */
export interface OutgoingRun extends Caused {
  readonly kind: "run";
  /** `namespace/name`. */
  readonly pipeline: string;
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly reason: string | null;
  readonly partition: Partition;
  readonly trigger: string;
  /** Null: it ended before it began. */
  readonly startedAt: string | null;
  /** The first task that failed; null when none did. */
  readonly failedTask: string | null;
  readonly error: string | null;
}

export interface OutgoingDeadLetter {
  readonly kind: "dead_letter";
  readonly id: number;
  readonly at: string;
  readonly source: string;
  readonly reason: string;
}

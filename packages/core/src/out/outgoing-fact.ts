import type { TaskState } from "../run/states.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { RunIf } from "../spec/task-spec.ts";

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
  /** The URI of its dataset as declared, with its slots. */
  readonly datasetUri: string | null;
  readonly checks: readonly OutgoingCheck[];
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
  /** The run that called it; null: none did. */
  readonly parent: OutgoingCaller | null;
  /** The first of the chain of callers, which may be the parent; null: nobody called it. */
  readonly root: OutgoingCaller | null;
  /** What the run is for, where a schedule says so. */
  readonly interval: { readonly start: string; readonly end: string | null } | null;
  /** Tasks that started, in order of declaration; of a mapped task the whole. */
  readonly tasks: readonly OutgoingTask[];
  /** Updates that triggered it, up to 1,000. */
  readonly inputs: readonly TouchedDataset[];
  /** Updates that it made, up to 1,000. */
  readonly outputs: readonly TouchedDataset[];
}

export interface OutgoingCaller {
  readonly id: number;
  /** `namespace/name`. */
  readonly pipeline: string;
}

/** A task run that has ended with its run. */
export interface OutgoingTask {
  readonly name: string;
  readonly state: TaskState;
  readonly runIf: RunIf;
  readonly needs: readonly string[];
  /** Of its last attempt. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly error: string | null;
  /** Of a mapped task: how its items came out. */
  readonly items: OutgoingItems | null;
}

export interface OutgoingItems {
  readonly total: number;
  readonly failed: number;
  readonly skipped: number;
}

/** An update that a run consumed or made. */
export interface TouchedDataset {
  readonly updateId: number;
  /** `namespace/name`. */
  readonly dataset: string;
  /** As declared, with its slots. */
  readonly uri: string | null;
  readonly partition: Partition;
  /** The task that made it; null of one that was consumed. */
  readonly task: string | null;
  /** Numbers of its metadata under the names in {@link COUNT_NAMES}. */
  readonly counts: Readonly<Record<string, number>>;
  readonly checks: readonly OutgoingCheck[];
}

/** How a check of an update came out. */
export interface OutgoingCheck {
  readonly name: string;
  readonly passed: boolean;
  /** What fails it triggers nothing. */
  readonly blocking: boolean;
}

/** Names under which metadata say how much there is: rows, bytes, files. The first that is there counts. */
export const COUNT_NAMES: Readonly<Record<"rowCount" | "size" | "fileCount", readonly string[]>> = {
  rowCount: ["rowCount", "row_count", "rows"],
  size: ["bytes", "size"],
  fileCount: ["fileCount", "file_count", "files"],
};

export interface OutgoingDeadLetter {
  readonly kind: "dead_letter";
  readonly id: number;
  readonly at: string;
  readonly source: string;
  readonly reason: string;
}

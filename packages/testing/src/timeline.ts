import type { AnyDataset, AnyEvent, AnyPipeline } from "@millrace/core";
import type { Partition } from "@millrace/core/internal";

/** ISO 8601, such as `2026-03-01T10:00Z`; without a zone it is UTC. */
export type TimeText = string;

/** What happens in a simulation, in order of time. */
export type TimelineEntry =
  | UpdateEntry
  | PublishEntry
  | RunEntry
  | EndEntry
  | PauseEntry
  | ResumeEntry
  | OutageEntry
  | UntilEntry;

/** A dataset is updated from outside. */
export interface UpdateEntry {
  readonly at: TimeText;
  readonly update: AnyDataset;
  readonly partition?: Partition;
  readonly metadata?: unknown;
  /** Absent: the dataset's own place, its slots filled by the partition. */
  readonly uri?: string;
  /** Content version, such as an etag. */
  readonly version?: string;
  readonly kind?: "changed" | "removed";
  /** Who told of it; absent: `{ type: "api", key: "simulate" }`. */
  readonly source?: { readonly type: string; readonly key: string };
  /** A blocking check of it failed. */
  readonly quarantined?: boolean;
  /** What the result calls it; absent: the dataset and its partition. */
  readonly as?: string;
}

export interface PublishEntry {
  readonly at: TimeText;
  readonly publish: AnyEvent | string;
  readonly data?: unknown;
  readonly as?: string;
}

/** Somebody starts a run by hand. */
export interface RunEntry {
  readonly at: TimeText;
  readonly run: AnyPipeline;
  readonly partition?: Partition;
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * A run ends: the oldest active one of that pipeline (and partition), or, of a pipeline that is
 * not simulated, one that ran elsewhere.
 */
export interface EndEntry {
  readonly at: TimeText;
  readonly ends: AnyPipeline;
  readonly partition?: Partition;
  /** Absent: `succeeded`. */
  readonly state?: "succeeded" | "failed" | "cancelled";
  readonly result?: unknown;
  readonly as?: string;
}

export interface PauseEntry {
  readonly at: TimeText;
  /** The pipeline, or one trigger of it by name. */
  readonly pause: AnyPipeline | readonly [AnyPipeline, string];
}

export interface ResumeEntry {
  readonly at: TimeText;
  readonly resume: AnyPipeline | readonly [AnyPipeline, string];
}

/** Until `downUntil` nothing is decided; facts that come meanwhile are recorded. */
export interface OutageEntry {
  readonly at: TimeText;
  readonly downUntil: TimeText;
}

/** Lets time pass to the end of the simulation. */
export interface UntilEntry {
  readonly until: TimeText;
}

import type { Partition, PipelineId, RunIf } from "@millrace/core/internal";

/** Who speaks. */
export interface LineageProducer {
  /** Tells installations apart that send to one collector; never changed once events were sent. */
  readonly installation: string;
  /** A URL of what made the events, at its version. */
  readonly url: string;
  /** Of Millrace. */
  readonly version: string;
}

/** A run as the events about it need it. */
export interface LineageRun {
  readonly id: number;
  readonly pipeline: PipelineId;
  readonly partition: Partition;
  readonly trigger: string;
  readonly correlationId: string;
  /** What the run is for, where a schedule says so. ISO 8601. */
  readonly interval: { readonly start: string; readonly end: string | null } | null;
  /** Who called it. */
  readonly parent: LineageRunRef | null;
  /** The first run of the chain of callers; null when the parent, or the run, is it. */
  readonly root: LineageRunRef | null;
}

export interface LineageRunRef {
  readonly id: number;
  readonly pipeline: PipelineId;
}

/** A task run of a {@link LineageRun}. */
export interface LineageTask {
  readonly name: string;
  /** Of a mapped task; null is the whole. */
  readonly item: number | null;
  readonly runIf: RunIf;
  /** Names of the tasks that it needs. */
  readonly needs: readonly string[];
  /** Of a mapped task as a whole: how its items came out. */
  readonly items?: {
    readonly total: number;
    readonly failed: number;
    readonly skipped: number;
  } | null;
}

/** A dataset that was read or updated. */
export interface LineageDataset {
  /** `namespace/name`. */
  readonly dataset: string;
  /** Its declared URI, with its slots. */
  readonly uri: string | null;
  readonly partition: Partition;
  /** The number of the update. */
  readonly updateId: number;
  readonly rowCount?: number;
  readonly bytes?: number;
  readonly fileCount?: number;
  /** How its checks came out. */
  readonly checks?: readonly LineageCheck[];
}

export interface LineageCheck {
  readonly name: string;
  readonly passed: boolean;
  /** What fails it triggers nothing. */
  readonly blocking: boolean;
}

/** What went wrong. */
export interface LineageError {
  readonly message: string;
  readonly stack: string | null;
}

/** What a change of a run, or of one of its tasks, has to tell. */
export interface LineageChange {
  /** ISO 8601. */
  readonly at: string;
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
  readonly error?: LineageError | null;
}

import type { JsonValue } from "../spec/json.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { Partition } from "../spec/partition-spec.ts";

/** How an attempt ended, as its owner or a sweep reports it. */
export type AttemptOutcome =
  | {
      readonly type: "succeeded";
      readonly output: JsonValue;
      readonly updates: readonly TaskUpdate[];
      readonly events: readonly TaskEvent[];
    }
  /** `retryable: false` when the handler asked for no further attempt. */
  | { readonly type: "failed"; readonly error: StoredError; readonly retryable: boolean }
  /** Its worker's session ended under it. */
  | { readonly type: "lost" }
  /** Its worker handed it back, to shut down. Costs no attempt of the user's. */
  | { readonly type: "released" }
  /** Its run was cancelled and it stopped, or the grace ran out. */
  | { readonly type: "cancelled" };

/** A dataset update that commits with the task's success. */
export interface TaskUpdate {
  readonly dataset: DatasetId;
  readonly partition: Partition;
  readonly uri: string | null;
  readonly metadata: JsonValue;
  /** How checks came out that the task itself makes. */
  readonly checks?: Readonly<Record<string, boolean>>;
  /** What the update is a version of: equal versions have equal contents. */
  readonly contentVersion?: string;
}

export interface TaskEvent {
  readonly name: string;
  readonly data: JsonValue;
}

/** An error as rows keep it; texts are cut and cleaned, so that failing never fails. */
export interface StoredError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** A stable word for what kind of failure it was. */
  readonly reason: "error" | "timeout" | "poison" | "invalid_output" | "no_code";
}

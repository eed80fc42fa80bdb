import type { JsonValue } from "../spec/json.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { NewWait } from "./journal.ts";

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
  /** The handler found that there is nothing to do. */
  | { readonly type: "skipped"; readonly reason: string }
  /**
   * It waits, and holds nothing. It begins anew as soon as one of `blockedOn` has an answer,
   * which its journal then has.
   */
  | {
      readonly type: "suspended";
      /** Waits that it asked for and that its journal did not have. */
      readonly waits: readonly NewWait[];
      /** Names of all waits that keep it from going on; at least one. */
      readonly blockedOn: readonly string[];
    }
  /** A poll that is not content: asked again after the delay of its spec. Costs no retry. */
  | { readonly type: "again" }
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
  readonly reason:
    | "error"
    | "timeout"
    | "poison"
    | "invalid_output"
    | "no_code"
    /** A call, a wait or an approval ended otherwise than asked. */
    | "refused"
    /** Its steps are others than those that an earlier attempt recorded. */
    | "steps_changed"
    /** The process that it ran in ended. */
    | "crashed";
}

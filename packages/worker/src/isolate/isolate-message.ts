import type {
  AttemptOutcome,
  BlobStore,
  ClaimedTask,
  JsonValue,
  TaskStore,
} from "@millrace/core/internal";
import type { AbortCause } from "../executor/abort-cause.ts";
import type { WorkerEvent } from "../observer.ts";

/** What an isolated attempt asks its worker to do for it. */
export interface RemoteCalls extends Pick<TaskStore, "latestUpdate" | "recordStep" | "setStatus"> {
  readonly putBlob: BlobStore["put"];
  readonly getBlob: BlobStore["get"];
}

/** From the worker to the process of an attempt. */
export type OrderMessage =
  | ({ readonly type: "run" } & IsolatedAttempt)
  | { readonly type: "abort"; readonly cause: AbortCause }
  /** The outcome has arrived: there is nothing left to do. */
  | { readonly type: "leave" }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer };

export interface IsolatedAttempt {
  readonly claimed: ClaimedTask;
  /** Where the code is. */
  readonly modules: readonly string[];
  readonly settings: CopiedSettings;
  readonly abortGraceMs: number;
  readonly hasBlobs: boolean;
}

/** What of the worker's settings the attempt's pipeline may see. */
export interface CopiedSettings {
  readonly variables: unknown;
  readonly secrets: readonly {
    readonly name: string;
    readonly value: string | null;
    /** Why there is no value. */
    readonly problem: string;
  }[];
}

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: CopiedError };

export interface CopiedError {
  readonly name: string;
  readonly message: string;
  /** SQLSTATE, or a code of Node or of Millrace. */
  readonly code: string | null;
  /** Of an error of Millrace. */
  readonly data: JsonValue;
}

/** From the process of an attempt to the worker. */
export type ReportMessage =
  | {
      readonly type: "ask";
      readonly id: number;
      readonly method: keyof RemoteCalls;
      readonly args: readonly unknown[];
    }
  | { readonly type: "log"; readonly event: Extract<WorkerEvent, { readonly type: "log" }> }
  | { readonly type: "problem"; readonly where: string; readonly error: CopiedError }
  | { readonly type: "ended"; readonly outcome: AttemptOutcome };

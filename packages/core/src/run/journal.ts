import type { Instant } from "../lib/instant.ts";
import type { FilterSpec } from "../spec/filter-spec.ts";
import { canonicalJson, type JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { CheckBackoff, RunMatch } from "../spec/task-spec.ts";
import type { RunState } from "./states.ts";

/**
 * What a task run did durably: results of steps, and waits with their answers. It stays across
 * attempts. A handler begins anew at each of them, and what the journal has is not done again.
 */
export interface JournalEntry {
  /** Unique in its task run: the step's own, or kind and number: `sleep 1`. */
  readonly name: string;
  /** `signatureOf` of the wait, or `step`: another one under this name is a changed handler. */
  readonly signature: string;
  readonly state: "waiting" | "done";
  /** A step's result, or a wait's answer; null while it waits. */
  readonly value: JsonValue;
}

/** A wait that an attempt asks for. */
export interface NewWait {
  readonly name: string;
  readonly wait: Wait;
}

/** `timeoutMs` counts from when it was asked for; null: for ever. */
export type Wait =
  /** Until an instant, or so long from now. Answer: null. */
  | { readonly kind: "sleep"; readonly until: Instant | null; readonly afterMs: number }
  /** The first event that fits one of these. Answer: `EventAnswer`. */
  | {
      readonly kind: "event";
      readonly of: readonly EventWait[];
      /** Events count from so long before now; null: from when the run was created. */
      readonly lookBackMs: number | null;
      readonly timeoutMs: number | null;
    }
  /** The end of one run. Answer: `RunEndAnswer`. */
  | { readonly kind: "run"; readonly runId: number; readonly timeoutMs: number | null }
  /** The end of a run of a pipeline. Answer: `RunEndAnswer`. */
  | {
      readonly kind: "pipeline";
      readonly pipeline: PipelineId;
      readonly match: RunMatch;
      /** False: no such run is an answer, `missing`. */
      readonly waitForRun: boolean;
      readonly timeoutMs: number | null;
    }
  /** A run that is started for it, and, if asked, its end. Answer: `RunEndAnswer`. */
  | {
      readonly kind: "call";
      readonly pipeline: PipelineId;
      readonly params: JsonValue;
      readonly partition: Partition;
      /** False: the start is the answer. */
      readonly wait: boolean;
      /** The run belongs to the caller's story: its correlation id and its trace. */
      readonly inherit: boolean;
      readonly timeoutMs: number | null;
    }
  /** What people say. Answer: `ApprovalAnswer`. */
  | {
      readonly kind: "approval";
      readonly asks: string;
      readonly roles: readonly string[];
      readonly timeoutMs: number | null;
    }
  | CheckWait;

/** What an outside system says, asked again and again. Answer: `CheckAnswer`. */
export interface CheckWait {
  readonly kind: "check";
  readonly check: SensorCheck;
  readonly everyMs: number;
  readonly backoff: CheckBackoff;
  readonly timeoutMs: number | null;
}

/**
 * What a sensor asks, as data. The engine looks at two parts of it: all checks of one `kind` at one
 * `target` are asked together. A third, `memory`, is there where answers are remembered: what one
 * of a task leaves under that name, the next of the same task of the pipeline finds.
 */
export interface SensorCheck {
  readonly kind: string;
  /** Which system, server or bucket. It is shown to people: no secrets in it. */
  readonly target: string;
  readonly [part: string]: JsonValue;
}

/** What came of a check; `V` is what it gives. */
export type CheckAnswer<V = JsonValue> =
  | { readonly state: "done"; readonly value: V }
  /** It can not come true any more. */
  | { readonly state: "failed" | "skipped"; readonly reason: string }
  /** `seen`: what was seen last, for people. */
  | { readonly state: "timed_out"; readonly seen: string | null };

export interface EventWait {
  /** A name, or a pattern such as `ticket.*`. */
  readonly name: string;
  readonly isPattern: boolean;
  readonly where: FilterSpec | null;
}

/** Null when the time was up. */
export type EventAnswer = {
  readonly id: number;
  readonly name: string;
  readonly data: JsonValue;
} | null;

export interface RunEndAnswer {
  /** Null where there is none. */
  readonly runId: number | null;
  /** `started`: nobody waits for its end. `refused`: it could not be started, see `reason`. */
  readonly state: Extract<RunState, "succeeded" | "failed" | "cancelled"> | RunEndAnswerState;
  readonly result: JsonValue;
  readonly reason: string | null;
}
export type RunEndAnswerState = "timed_out" | "missing" | "started" | "refused";

export interface ApprovalAnswer {
  readonly verdict: "approved" | "rejected" | "timed_out";
  readonly by: string | null;
  readonly comment: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** The signature of a step. */
export const STEP_SIGNATURE = "step";

/**
 * What stays the same when unchanged code asks for a wait again: not times, which may be computed
 * from the clock, nor parameters.
 */
export function signatureOf(wait: Wait): string {
  switch (wait.kind) {
    case "event":
      return `event ${canonicalJson(wait.of.map(({ name }) => name))}`;
    case "run":
      return `run ${wait.runId}`;
    case "pipeline":
    case "call":
      return `${wait.kind} ${wait.pipeline}`;
    case "check":
      return `check ${wait.check.kind}`;
    case "sleep":
    case "approval":
      return wait.kind;
  }
}

/** How deep runs may call runs: beyond it, a pipeline calls itself without an end. */
export const CALL_DEPTH_MAX = 32;

import type { AttemptOutcome, JsonValue, RunState, StoredError } from "@millrace/core/internal";

/** Which attempt of which task an event is about. */
export interface AttemptName {
  readonly taskRunId: number;
  readonly runId: number;
  readonly pipeline: string;
  readonly task: string;
  /** The place in its list of a mapped task's item, else null. */
  readonly index: number | null;
  readonly attempt: number;
  /** The same for everything that descends from one root cause. */
  readonly correlationId: string;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a worker, a scheduler or a sweeper tells whoever runs it. For people: nothing depends on it. */
export type WorkerEvent =
  | { readonly type: "sessionOpened"; readonly sessionId: string }
  | { readonly type: "sessionLost"; readonly sessionId: string; readonly reason: string }
  | { readonly type: "claimed"; readonly attempt: AttemptName }
  | {
      readonly type: "finished";
      readonly attempt: AttemptName;
      readonly outcome: AttemptOutcome["type"];
      /** False when the attempt was no longer this worker's to finish. */
      readonly recorded: boolean;
      readonly error: StoredError | null;
      readonly ms: number;
    }
  | { readonly type: "runEnded"; readonly runId: number; readonly state: RunState }
  | { readonly type: "evaluated"; readonly facts: number }
  | { readonly type: "timersFired"; readonly count: number }
  | { readonly type: "swept"; readonly what: string; readonly count: number }
  | { readonly type: "draining"; readonly running: number }
  | {
      readonly type: "log";
      readonly attempt: AttemptName;
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: JsonValue;
    }
  /** Something failed that will be tried again, or that a sweep will find. */
  | { readonly type: "problem"; readonly where: string; readonly error: unknown };

export type Observer = (event: WorkerEvent) => void;

/** An observer that cannot hurt those who tell it something. */
export function safeObserver(observer: Observer | undefined): Observer {
  return (event) => {
    try {
      observer?.(event);
    } catch {
      // A broken log must not stop the work; there is nowhere left to report it.
    }
  };
}

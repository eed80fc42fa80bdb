import type { JsonValue } from "@millrace/core/internal";

/** One execution of a handler, as the outside world saw it. */
export interface Execution {
  /** Counts all executions of a story from 1. */
  readonly exec: number;
  readonly pipeline: string;
  readonly task: string;
  readonly runId: number;
  /** Of the task run: the same for all its attempts. */
  readonly key: string;
  readonly process: string;
  readonly beganAt: number;
  /** Names and ids of what it received. */
  readonly received: readonly JsonValue[];
  end: "open" | "returned" | "threw" | "refused" | "died";
}

/** A step of a handler that ran, rather than being remembered. */
export interface StepEffect {
  readonly key: string;
  readonly step: string;
  readonly exec: number;
}

/** Something that a person or an outside system asked the store for. */
export interface Call {
  readonly call: number;
  readonly kind:
    | "update"
    | "event"
    | "run"
    | "deploy"
    | "pause"
    | "resume"
    | "control"
    | "answer"
    | "release"
    | "limit"
    | "backfill";
  /** Marks what it made: no two calls that differ have the same. */
  readonly mark: number;
  readonly detail: JsonValue;
  /** Null: whatever became of it, the caller never heard. */
  answer: { readonly returned: JsonValue } | { readonly threw: string } | null;
}

/** What a person was told about one mark, over all calls that carried it. */
export interface Told {
  readonly mark: number;
  readonly kind: Call["kind"];
  readonly calls: readonly Call[];
}

/**
 * The world outside of the simulated processes: it remembers what was asked of the store and
 * what handlers did, whatever dies.
 */
export class Ledger {
  readonly executions: Execution[] = [];
  readonly steps: StepEffect[] = [];
  readonly calls: Call[] = [];
  /** Which build whoever starts now has the code of. */
  build = 1;
  /** The pipelines are registered: facts can be told from here on. */
  registeredAt: number | null = null;
  /** Bodies of messages that nobody can read. */
  readonly poison: string[] = [];
  /** What was asked to be held, and has to be let go in the end. */
  readonly pausedRuns: Set<number> = new Set();
  readonly pausedPipelines: Set<string> = new Set();
  readonly limitsSet: Set<"dock" | "all"> = new Set();
  readonly backfills: Set<number> = new Set();
  /** When the last listing of the lake was taken. */
  listedAt: number | null = null;
  #marks = 0;

  begin(of: Omit<Execution, "exec" | "end">): Execution {
    const execution: Execution = { ...of, exec: this.executions.length + 1, end: "open" };
    this.executions.push(execution);
    return execution;
  }

  nextMark(): number {
    this.#marks += 1;
    return this.#marks;
  }

  ask(kind: Call["kind"], mark: number, detail: JsonValue): Call {
    const call: Call = { call: this.calls.length + 1, kind, mark, detail, answer: null };
    this.calls.push(call);
    return call;
  }

  /** Runs that handlers were seen in, oldest first. */
  runsSeen(): readonly number[] {
    return [...new Set(this.executions.map(({ runId }) => runId))];
  }

  told(kind: Call["kind"]): readonly Told[] {
    const calls = this.calls.filter((call) => call.kind === kind);
    return [...Map.groupBy(calls, ({ mark }) => mark)].map(([mark, mine]) => ({
      mark,
      kind,
      calls: mine,
    }));
  }
}

import type { Instant } from "../lib/instant.ts";
import type { CheckWait } from "../run/journal.ts";
import type { RunWaiter } from "../run/match-run.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Afterwards } from "./store.ts";

/** A check that is to be asked now. */
export interface DueCheck {
  readonly stepId: number;
  /** What is asked, how often, and how long. */
  readonly wait: CheckWait;
  /** Who waits, and since when. */
  readonly waiter: RunWaiter;
  /** What the last decision kept; null before the first. */
  readonly state: JsonValue;
  /** What the last answer under the check's `memory` left there; null or absent: nothing yet. */
  readonly remembered?: JsonValue;
}

/** All that is to be asked of one target now, held by one process until its lease is over. */
export interface CheckGroup {
  readonly kind: string;
  readonly target: string;
  /** Counts how often the target was taken: a result is recorded only by who took it last. */
  readonly round: number;
  /** Times that it could not be asked, one after another. */
  readonly failures: number;
  /** What time it was for the database when it was taken. */
  readonly now: Instant;
  readonly checks: readonly DueCheck[];
}

/** What came of a check. */
export type CheckResult =
  | {
      readonly type: "again";
      readonly stepId: number;
      readonly at: Instant;
      readonly state: JsonValue;
      /** What was seen, for people; null: nothing worth telling. */
      readonly seen: string | null;
    }
  | {
      readonly type: "answer";
      readonly stepId: number;
      readonly answer: JsonValue;
      /** What it leaves under the check's `memory`, and what it found there. */
      readonly remember?: Remembered;
    };

/** A step from one remembered value to the next. */
export interface Remembered {
  /** Null: there was nothing. */
  readonly from: JsonValue;
  readonly value: JsonValue;
}

/** Which taking of a target is reported on. */
export type TakenTarget = Pick<CheckGroup, "kind" | "target" | "round">;

/**
 * Waits for what outside systems say. Between two asks such a wait is a row. All that is due of
 * one kind at one target is one group, so that any number of sensors costs one ask.
 */
export interface CheckStore {
  /**
   * Takes at most `limit` targets of which something is due. A target that is taken is nobody
   * else's for `leaseMs`; one whose process died is then taken anew, so that nothing but time is
   * lost.
   */
  takeChecks(limit: number, leaseMs: number): Promise<readonly CheckGroup[]>;
  /**
   * Records what came of a group, in one transaction, and leaves its target alone for `gapMs`.
   * Answers wake their tasks once each. Results of waits that are over are dropped.
   *
   * What an answer leaves under a memory of its task is stored in the transaction that gives it to
   * its task, if there is still what it found: so of those that wait for one memory, each step is
   * given to one, and none is lost with a run that was cancelled before. The others are asked anew.
   * @returns `recorded` false: the lease was over and somebody else has taken it; nothing happened.
   */
  recordChecks(
    taken: TakenTarget,
    results: readonly CheckResult[],
    gapMs: number,
  ): Promise<Afterwards & { readonly recorded: boolean }>;
  /** Leaves a target alone for `retryMs`, because it could not be asked. @returns As recordChecks. */
  recordUnasked(taken: TakenTarget, problem: string, retryMs: number): Promise<boolean>;
  /** Milliseconds until the next target may be asked (0 when one may), null when none waits. */
  nextCheckInMs(): Promise<number | null>;
}

/**
 * Asks outside systems. `O` is what it observes.
 *
 * @returns Observations, one for each check, in their order.
 */
export interface Asker<O> {
  ask(group: CheckGroup, signal: AbortSignal): Promise<readonly O[]>;
}

/** What is to become of a check. `answer` is the wait's, `again` asks once more at an instant. */
export type CheckDecision =
  | Pick<Extract<CheckResult, { readonly type: "again" }>, "type" | "at" | "state" | "seen">
  /** `remember`: for the check's `memory`. */
  | { readonly type: "done"; readonly value: JsonValue; readonly remember?: JsonValue }
  | { readonly type: "failed" | "skipped"; readonly reason: string };

/** Decides what an observation means. Pure: time and chance (`u`, uniform in [0, 1)) are given. */
export type DecideCheck<O> = (
  check: DueCheck,
  observation: O,
  at: { readonly now: Instant; readonly u: number },
) => CheckDecision;

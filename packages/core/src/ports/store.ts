import type { Instant } from "../lib/instant.ts";
import type { JournalEntry } from "../run/journal.ts";
import type { AttemptOutcome } from "../run/outcome.ts";
import type { RunState } from "../run/states.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId, PipelineSpec } from "../spec/pipeline-spec.ts";
import type { ResourceSpec } from "../spec/task-spec.ts";
import type { Bell, Channel } from "./queue.ts";

/** What a commit left to be done after it: best effort here, found by a sweep otherwise. */
export interface Afterwards {
  readonly bells: readonly Bell[];
  /** Facts that await evaluation. */
  readonly facts: readonly Fact[];
  /** Earliest due time of the timers that the commit set, null when it set none. */
  readonly timerAt: Instant | null;
  /** Runs that it ended, for those who wait in this process. */
  readonly ended: readonly { readonly runId: number; readonly state: RunState }[];
  /** Whether it left something for outside systems to be asked, which may be asked at once. */
  readonly asks?: boolean;
}

/** Something that triggers may be about; or a wake: a decision that is to be looked at again. */
export interface Fact {
  readonly kind: "update" | "event" | "run" | "wake";
  readonly id: number;
}

/** An attempt that this session owns, with all that its handler may ask for. */
export interface ClaimedTask {
  readonly taskRunId: number;
  readonly runId: number;
  readonly attempt: number;
  /** Attempts that failed by the user's code or its timeout. */
  readonly failures: number;
  readonly pipeline: PipelineId;
  readonly version: string;
  readonly task: string;
  readonly item: { readonly index: number; readonly value: JsonValue } | null;
  readonly timesOutAt: Instant;
  /** When its first attempt was claimed. */
  readonly begunAt: Instant;
  /**
   * What earlier attempts did durably, and what came of their waits, in the order in which those
   * attempts saw it: an answer that came while one ran comes after all that this one did. What
   * still waits is last.
   */
  readonly journal: readonly JournalEntry[];
  readonly run: RunView;
  /** What it needs, by alias, paths applied. The output of a mapped task is in item order. */
  readonly needs: Readonly<Record<string, NeedOutcome>>;
  /** What the run consumed, in order of position. */
  readonly received: readonly ReceivedFact[];
}

export interface RunView {
  readonly id: number;
  readonly partition: Partition;
  readonly params: JsonValue;
  /** Trigger name; `manual` when it was started by hand or by the API. */
  readonly trigger: string;
  readonly correlationId: string;
  /** W3C trace context of what caused it; null when nothing gave one. */
  readonly traceparent: string | null;
  readonly createdAt: Instant;
  readonly logicalAt: Instant | null;
  readonly interval: { readonly start: Instant; readonly end: Instant } | null;
}

export type NeedOutcome =
  /** It has not ended: the rule did not ask for its end. */
  | { readonly state: "pending" }
  | { readonly state: "succeeded"; readonly output: JsonValue }
  | { readonly state: "failed"; readonly error: { readonly message: string } }
  | { readonly state: "skipped" };

export type ReceivedFact =
  | { readonly kind: "update"; readonly update: UpdateView }
  | { readonly kind: "event"; readonly id: number; readonly name: string; readonly data: JsonValue }
  | {
      readonly kind: "run";
      readonly id: number;
      readonly pipeline: PipelineId;
      readonly state: RunState;
      readonly result: JsonValue;
    };

export interface UpdateView {
  readonly id: number;
  readonly dataset: DatasetId;
  readonly partition: Partition;
  readonly uri: string | null;
  readonly kind: "changed" | "removed";
  readonly metadata: JsonValue;
  readonly at: Instant;
}

/** A worker process as the store knows it. A fresh id at each start, and after each lapse. */
export interface SessionStore {
  /** @throws {SCHEMA_MISMATCH} When this code and the database do not fit. */
  open(session: SessionStart): Promise<void>;
  /** Takes nothing new from now on; what runs, runs on. */
  drain(sessionId: string): Promise<void>;
  close(sessionId: string): Promise<void>;
  /** Of this session's attempts, those that are to stop: their run, or they themselves. */
  listCancelled(sessionId: string): Promise<readonly number[]>;
  /** All attempts that are this session's to end. */
  listOwned(sessionId: string): Promise<readonly OwnedAttempt[]>;
}

/** Which attempt of which task run. */
export interface OwnedAttempt {
  readonly taskRunId: number;
  readonly runId: number;
  readonly attempt: number;
}

export interface SessionStart {
  readonly sessionId: string;
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  readonly channels: readonly Channel[];
  /** Null: the database is open in this process only, and the lease cannot lapse. */
  readonly leaseMs: number | null;
  /** What its tasks may take together; absent: it declares none, and runs what asks for some. */
  readonly capacity?: ResourceSpec;
  /** The build of its code. */
  readonly build?: string | null;
}

/** Moves attempts. Each method commits once, and is all or nothing for each of its items. */
export interface TaskStore {
  /**
   * Claims the attempts that are still ready, in the order given, for a session whose lease holds.
   * What is missing in the result was somebody else's, or a duplicate: forget it.
   */
  claim(
    sessionId: string,
    tasks: readonly { readonly taskRunId: number; readonly attempt: number }[],
  ): Promise<readonly ClaimedTask[]>;
  /** Claims at most `limit` of the best ranked ready attempts of `channels`, bell or no bell. */
  claimNext(
    sessionId: string,
    channels: readonly Channel[],
    limit: number,
  ): Promise<readonly ClaimedTask[]>;
  /**
   * Records how attempts ended, and all that follows from it, in one transaction; with `next`, the
   * same commit claims what its owner goes on with.
   * @returns For each item whether it was recorded; false means that another owner was first.
   */
  finish(items: readonly FinishItem[], next?: Continuation): Promise<FinishResult>;
  /**
   * Keeps the result of a step, in a commit of its own.
   * @returns False when the attempt is not its session's any more: it must stop.
   */
  recordStep(step: StepRecord): Promise<boolean>;
  /** Shows a small fact of a task run, replacing one of the same key. @returns As `recordStep`. */
  setStatus(status: StatusRecord): Promise<boolean>;
  /** The newest update of a dataset partition: of any partition when null. */
  latestUpdate(dataset: DatasetId, partition: Partition | null): Promise<UpdateView | null>;
}

export interface StepRecord {
  readonly taskRunId: number;
  readonly attempt: number;
  readonly name: string;
  readonly value: JsonValue;
}

export interface StatusRecord {
  readonly taskRunId: number;
  readonly attempt: number;
  readonly key: string;
  readonly value: JsonValue;
}

export interface FinishItem {
  readonly taskRunId: number;
  readonly runId: number;
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  /** Uniform sample in [0, 1), for the jitter of a retry. */
  readonly u: number;
}

/** Who makes tasks ready goes on with them, without a way through the queue. */
export interface Continuation {
  readonly sessionId: string;
  readonly channels: readonly Channel[];
  /** Attempts that it takes, at most. */
  readonly limit: number;
  /** Whether it expects to find some even if this commit makes none ready. */
  readonly isBehind: boolean;
}

/** What a commit left to be done, and what the continuation took: the best ranked that was ready. */
export interface Continued extends Afterwards {
  readonly claimed: readonly ClaimedTask[];
}

export interface FinishResult extends Continued {
  /** By item, in order. */
  readonly recorded: readonly boolean[];
}

/** Decides what facts start, and starts it. */
export interface TriggerStore {
  /** Evaluates those of the facts that still await it; `next` goes on with what they start. */
  evaluate(facts: readonly Fact[], next?: Continuation): Promise<Continued>;
  /** At most `limit` facts that have awaited evaluation for `olderThanMs`, oldest first. */
  listPending(olderThanMs: number, limit: number): Promise<readonly Fact[]>;
}

/** Everything temporal. */
export interface TimerStore {
  /** Fires at most `limit` due timers. */
  fireDue(limit: number): Promise<Afterwards & { readonly fired: number }>;
  /** Milliseconds until the next timer is due (0 when one is), null without timers. */
  nextDueInMs(): Promise<number | null>;
}

/** Finds what was left behind by processes that died, and what took too long. */
export interface SweepStore {
  /** Ready attempts that nobody claimed since they were rung; marks them as rung again. */
  ringAgain(olderThanMs: number, limit: number): Promise<readonly Bell[]>;
  /** Ends sessions whose lease has lapsed. */
  expireSessions(): Promise<number>;
  /**
   * Settles at most `limit` runs whose version no live worker has had for `olderThanMs`, as their
   * pipelines say: fails them, or moves them to the pipeline's present version.
   */
  settleStranded(
    olderThanMs: number,
    limit: number,
  ): Promise<Afterwards & { readonly settled: number }>;
  /** Attempts without a living session, past their timeout, or past the grace of a cancel. */
  listAbandoned(graceMs: number, limit: number): Promise<readonly FinishItem[]>;
  /** Puts limits in order. @returns How much of them it had to do with. */
  sweepLimits(limit: number): Promise<Afterwards & { readonly swept: number }>;
}

/** What is registered, and the door through which it gets there. */
export interface RegistryStore {
  /**
   * Makes `pipelines` the whole of a deployment, in one transaction under the registry lock.
   * @throws {DEFINITION_INVALID} When the global graph would have a cycle, or declarations differ.
   * @throws {CONFLICT} When `build` is older than the deployment's active one.
   */
  register(deployment: Deployment): Promise<Afterwards>;
  /** Every active spec, for the resolver. */
  listSpecs(): Promise<readonly RegisteredSpec[]>;
}

export interface Deployment {
  readonly name: string;
  /** Grows with each build; null when the user does not number them. */
  readonly build: number | null;
  readonly pipelines: readonly PipelineSpec[];
  /** Where people look at this installation; absent or null: what was said last stays. */
  readonly url?: string | null;
}

export interface RegisteredSpec {
  readonly deployment: string;
  readonly spec: PipelineSpec;
}

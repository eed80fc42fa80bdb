import type { JsonValue, Partition, ReplayDisposition, RunState } from "@millrace/core/internal";

/** What came of a timeline: plain data, to be compared with `toEqual`. */
export interface SimulationResult {
  /** In the order in which they were made. */
  readonly runs: readonly SimulatedRun[];
  /** What became of each fact at each trigger that it matches, in the order of the facts. */
  readonly decisions: readonly SimulatedDecision[];
  /** What still waits at the end. */
  readonly waiting: readonly SimulatedWait[];
}

export interface SimulatedRun {
  /** From 1 on. */
  readonly id: number;
  /** `namespace/name`, without the default namespace. */
  readonly pipeline: string;
  /** Null for one that was started by hand. */
  readonly trigger: string | null;
  readonly partition: Partition;
  readonly params: Readonly<Record<string, JsonValue>>;
  /** ISO 8601: when the run was made. */
  readonly at: string;
  /** ISO 8601: what tick of its schedule it is for; null for others. */
  readonly logicalAt: string | null;
  /**
   * The fact that completed it; of one that time completed, how: `schedule`, `quiet`, `max_wait`
   * or `deadline`; else `manual`.
   */
  readonly startedBy: string;
  /** What else it consumed, in the order of arrival. */
  readonly included: readonly string[];
  /** Sources that a partial run goes without. */
  readonly missing: readonly string[];
  /** The partial run that it does again. */
  readonly rerunOf: number | null;
  readonly state: RunState;
}

export interface SimulatedDecision {
  /** ISO 8601: when the fact was looked at first. */
  readonly at: string;
  readonly fact: string;
  /** Null when no trigger matches the fact. */
  readonly pipeline: string | null;
  readonly trigger: string | null;
  readonly disposition: ReplayDisposition;
  /** Why; null where the disposition says it all. */
  readonly reason: string | null;
  /** The id of the run that consumed it. */
  readonly run: number | null;
}

export interface SimulatedWait {
  readonly pipeline: string;
  readonly trigger: string;
  readonly partition: Partition;
  readonly facts: readonly string[];
  readonly disposition: ReplayDisposition;
  readonly reason: string | null;
  /** ISO 8601: when it is looked at again though nothing comes; null: never. */
  readonly until: string | null;
}

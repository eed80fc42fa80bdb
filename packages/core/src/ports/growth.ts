/** For how long history is kept. What is under way, waits or is referred to stays, however old. */
export interface Retention {
  /**
   * Of what is over: runs with all that is theirs, deliveries, updates, events, letters, audit, and
   * what tasks remember that there are no more, or that remember very much.
   */
  readonly historyMs: number;
  /**
   * Of what was told before, since it was told last: longer than any source can tell it again
   * (a message may lie in SQS for 14 days).
   */
  readonly keysMs: number;
}

/** In the order in which pruning one makes way for the next. */
export const PRUNE_KINDS = [
  "run",
  "backfill",
  "delivery",
  "range",
  "update",
  "event",
  "group",
  "key",
  "slot",
  "dead_letter",
  "audit",
  "memory",
  "partition",
  "out",
] as const;

/** What is pruned together, in one transaction a call. @see ADR 7 */
export type PruneKind = (typeof PRUNE_KINDS)[number];

export interface Pruned {
  /** Rows of the kind itself; what was theirs is not counted. */
  readonly removed: number;
  /** Whether there is more to look at at once. */
  readonly more: boolean;
}

/** Keeps what grows bounded. Any number of processes may do it: they take turns, without waiting. */
export interface GrowthStore {
  /**
   * Makes the next range of the update log before it is needed.
   *
   * @param rowsMin - Updates in a range, at least; a range is about a sixteenth of the log.
   * @returns How many ranges it made.
   */
  makeRanges(rowsMin: number): Promise<number>;
  /**
   * Removes what is past retention, the oldest first: about `limit` rows, in one transaction. A run
   * goes with all that is its own, however much that is. A crash leaves nothing half done.
   */
  prune(kind: PruneKind, retention: Retention, limit: number): Promise<Pruned>;
}

/** When a satisfied condition starts a run, as users write it. Lengths are like `90s` or `1h30m`. */
export interface PolicyOptions<Params> {
  /** One run for each fact, instead of one for everything that is pending. */
  readonly each?: boolean;
  /** Gathers facts once the condition is satisfied; at least one of its fields is given. */
  readonly batch?: BatchOptions;
  /** All facts of one run lie within this time of each other; what is older expires. */
  readonly within?: string;
  /** At this time of day what is pending expires; as text alone it is in UTC. */
  readonly reset?: string | DailyTime;
  /** What becomes of a condition that stays unsatisfied. */
  readonly deadline?: Deadline;
  /** An update with the content version that was delivered last makes no run. */
  readonly changedOnly?: boolean;
  /** Partitions of this pipeline that one fact may be for, 1 to 100,000; 1,000 unless given. */
  readonly atMost?: number;
  /** What comes while the pipeline is paused or the trigger disabled; `keep` unless given. */
  readonly whilePaused?: "keep" | "drop" | "latest";
  readonly enabled?: boolean;
  readonly params?: Params;
}

export interface BatchOptions {
  /** Fires at so many facts, 1 to 10,000. */
  readonly max?: number;
  /** Fires when nothing came for this long. */
  readonly quiet?: string;
  /** Fires this long after the first fact, whatever comes. */
  readonly maxWait?: string;
}

export interface DailyTime {
  /** `HH:MM`, 24 hours. */
  readonly at: string;
  /** IANA name; `UTC` unless given. */
  readonly timezone?: string;
}

/** Counted from the first fact: so long after it, or the next time of day. */
export type Deadline = ({ readonly after: string } | DailyTime) &
  (
    | {
        /** Starts with what there is. */
        readonly then: "run-partial";
        /** What a part that comes afterwards does: it is recorded, or starts another run. */
        readonly late?: "record" | "rerun";
      }
    /** `skip`: what is pending expires. `alert`: the trigger tells of it and goes on waiting. */
    | { readonly then: "skip" | "alert" }
  );

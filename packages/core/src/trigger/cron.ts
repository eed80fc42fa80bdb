import type { Scheme } from "../dataset/partition-scheme.ts";
import { toTrigger, type Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

/** The partition that the fired interval covers. */
export interface Interval {
  readonly interval: true;
}

export interface CronOptions<Q, Params> {
  /** IANA name; `UTC` unless given. */
  readonly timezone?: string;
  /** Fires that were missed: `none` (the default) are made up for, the `last`, or `all`. */
  readonly catchup?: "none" | "last" | "all";
  /** `interval`: the period that ended when it fired, for the pipeline's one calendar key. */
  readonly partition?: Q;
  /**
   * Each tick starts up to this much later, like `10m`, by a share that is fixed for the tick;
   * less than the time between two ticks. So schedules of one minute do not start as one.
   */
  readonly jitter?: string;
  readonly enabled?: boolean;
  readonly params?: Params;
}

type Scheduled<Q> = Q extends "interval"
  ? Interval
  : { readonly [K in keyof Q]: Scheme<never, Q[K] & string> };

/**
 * Starts a run by the clock.
 *
 * @param expression - Five fields, or `@daily` and its kin.
 */
export function cron<
  const Q extends "interval" | { readonly [key: string]: string } = {},
  const Params extends ParamValues = {},
>(expression: string, options: CronOptions<Q, Params> = {}): Trigger<never, Scheduled<Q>, Params> {
  const { timezone = "UTC", catchup = "none", enabled = true, params = {} } = options;
  return toTrigger({
    type: "schedule",
    enabled,
    cron: expression,
    timezone,
    catchup,
    jitter: options.jitter,
    partition: options.partition ?? {},
    params,
  });
}

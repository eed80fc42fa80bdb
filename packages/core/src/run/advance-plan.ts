import type { RunState } from "./states.ts";
import type { TaskStop } from "./task-view.ts";

/** What a run does next. Applied in the transaction that recorded the outcomes. */
export interface Advance {
  /** Tasks that may be claimed now. */
  readonly start: readonly number[];
  /** Tasks that waited and may be claimed again: themselves, or so many of their items. */
  readonly resume: readonly { readonly task: number; readonly count: number }[];
  /** Mapped tasks whose items must be laid out. */
  readonly expand: readonly number[];
  /** Items `from <= item < to` of a mapped task that may be claimed now. */
  readonly items: readonly { readonly task: number; readonly from: number; readonly to: number }[];
  /** Tasks that end without having run, and mapped ones whose items have all ended. */
  readonly settle: readonly Settlement[];
  /**
   * Tasks under way that are to end: what is ready or waits ends at once, what runs is asked to
   * stop, and a mapped task starts no more items.
   */
  readonly stop: readonly (TaskStop & { readonly task: number })[];
  /** Groups whose time runs from now, unless it runs already. */
  readonly timers: readonly { readonly group: string; readonly timeoutMs: number }[];
  /** Advance once more when this has been applied: only then is it known what follows. */
  readonly again: boolean;
  readonly end: { readonly state: RunState; readonly reason: string | null } | null;
}

export interface Settlement {
  readonly task: number;
  readonly state: "succeeded" | "failed" | "skipped" | "upstream_failed" | "cancelled";
  readonly reason: string;
  /** A mapped task whose row exists since its items were laid out. */
  readonly laidOut: boolean;
}

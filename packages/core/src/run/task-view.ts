import type { TaskState } from "./states.ts";

/** A task of a run as the engine sees it: parents only, never the items of a mapped one. */
export interface TaskView {
  readonly state: TaskState;
  /** Which way a branch took. */
  readonly way: string | null;
  /** Of a mapped task that has been laid out. */
  readonly items: ItemCounts | null;
  /** It waited, and may go on as soon as there is room: a retry is due, or a wait has an answer. */
  readonly due?: boolean;
  /** It has been asked to stop, and ends so unless it succeeds all the same. */
  readonly stop?: TaskStop;
}

export interface ItemCounts {
  readonly total: number;
  /** How many have been started, in order. */
  readonly next: number;
  readonly done: number;
  /** Of `done`: failed or cancelled. */
  readonly failed: number;
  /** Of `done`. */
  readonly skipped: number;
  /** Started, and holding nothing: before a retry, or suspended. Absent: none. */
  readonly waiting?: number;
  /** Of `waiting`: those that may go on as soon as there is room. Absent: none. */
  readonly due?: number;
}

/** How a task ends that is stopped, apart from the cancel of its run, and why. */
export interface TaskStop {
  readonly state: "failed" | "cancelled";
  /** Of a mapped task that has failed by an item: its other items did nothing wrong. */
  readonly itemState?: "cancelled";
  readonly reason: string;
}

/** Attempts that hold a place in the limits of their run. */
export function inFlight(view: TaskView | undefined): number {
  if (view === undefined) return 0;
  const { items, state } = view;
  if (items !== null) return items.next - items.done - (items.waiting ?? 0);
  return state === "queued" || state === "running" ? 1 : 0;
}

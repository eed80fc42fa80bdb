import type { Settlement } from "./advance-plan.ts";
import { cancelReason, type Pass, roomFor, settleTask, takeRoom } from "./advance-pass.ts";
import type { GraphTask } from "./run-graph.ts";
import { isTerminal } from "./states.ts";
import type { ItemCounts, TaskStop } from "./task-view.ts";

/** A task under way only has to be told when it is to stop. */
export function continueTask(pass: Pass, index: number): void {
  const view = pass.views[index];
  if (view !== undefined && !isTerminal(view.state)) tellStop(pass, index, pass.stops[index]);
}

/** Starts further items of a mapped task, or settles it. */
export function continueMap(pass: Pass, { index, spec }: GraphTask, items: ItemCounts): void {
  const active = items.next - items.done;
  const stop = pass.views[index]?.stop ?? pass.stops[index];
  const isOver = pass.cancelling || stop !== undefined;
  if (items.done === items.total || (isOver && active === 0)) {
    const ended = pass.cancelling
      ? { state: "cancelled" as const, reason: cancelReason(pass) }
      : stop;
    return settleTask(pass, settleMap(index, items, ended));
  }
  tellStop(pass, index, stop);
  if (!isOver && !pass.paused) startItems(pass, index, items, spec.maxParallel ?? Infinity);
}

function startItems(pass: Pass, task: number, items: ItemCounts, maxParallel: number): void {
  const ownFree = maxParallel - (items.next - items.done);
  const count = Math.min(items.total - items.next, ownFree, roomFor(pass, task));
  if (count <= 0) return;
  takeRoom(pass, task, count);
  pass.items.push({ task, from: items.next, to: items.next + count });
}

/** Once: what has been told to stop is stopping. A cancelled run has told everything. */
function tellStop(pass: Pass, task: number, stop: TaskStop | undefined): void {
  if (stop === undefined || pass.cancelling || pass.views[task]?.stop !== undefined) return;
  pass.stop.push({ task, ...stop });
}

/**
 * Items that were cancelled count as failed, so that a map which is stopped has succeeded only as
 * a whole.
 */
function settleMap(
  task: number,
  { total, done, failed, skipped }: ItemCounts,
  stop: TaskStop | undefined,
): Settlement {
  const settled = { task, laidOut: true } as const;
  if (stop !== undefined && (done < total || failed > 0)) {
    return { ...settled, state: stop.state, reason: stop.reason };
  }
  if (total === 0) return { ...settled, state: "skipped", reason: "nothing to map over" };
  if (failed > 0) {
    return { ...settled, state: "failed", reason: `${failed} of ${total} items failed` };
  }
  if (skipped === total) {
    return { ...settled, state: "skipped", reason: `${skipped} items were skipped` };
  }
  const others = skipped === 0 ? "" : `, ${skipped} ${skipped === 1 ? "was" : "were"} skipped`;
  const reason = `${total - skipped} items succeeded${others}`;
  return { ...settled, state: "succeeded", reason };
}

import type { ResultRef, TaskSpec } from "@millrace/core/internal";
import type { RunPlan } from "./run-plan.ts";

/** A mapped task that is laid out now. */
export interface NewMap {
  readonly run: RunPlan;
  readonly task: number;
  readonly spec: TaskSpec;
}

/** The lists that a map runs over; none when it makes partitions. */
export function listsOf({ over, cross }: TaskSpec): readonly ResultRef[] {
  return over === null ? (cross ?? []) : [over];
}

export function taskOf({ run }: NewMap, ref: ResultRef): number {
  return run.version.spec.tasks.findIndex(({ name }) => name === ref.task);
}

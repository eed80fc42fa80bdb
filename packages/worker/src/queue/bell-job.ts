import { createHash } from "node:crypto";
import { invariant, type ReadyTask } from "@millrace/core/internal";

/** What a bell is in Redis: short, because there may be thousands of it. */
export type BellJobData = readonly (readonly [taskRunId: number, attempt: number, ring: number])[];

export function toJobData(tasks: readonly ReadyTask[]): BellJobData {
  return tasks.map(({ taskRunId, attempt, ring }) => [taskRunId, attempt, ring]);
}

export function fromJobData(data: BellJobData): readonly ReadyTask[] {
  return data.map(([taskRunId, attempt, ring]) => ({ taskRunId, attempt, ring }));
}

/**
 * The job id of a bell. BullMQ silently drops an `add` whose id it still knows, even while that
 * job is being answered; so equal bells have equal ids, and any two that differ, if only in the
 * ring, have different ones.
 */
export function bellJobId(tasks: readonly ReadyTask[]): string {
  const [first] = tasks;
  invariant(first !== undefined, "a bell is for at least one task");
  const id = `t-${first.taskRunId}-${first.attempt}-${first.ring}`;
  if (tasks.length === 1) return id;
  const rest = createHash("sha256").update(JSON.stringify(toJobData(tasks)));
  return `${id}-${rest.digest("base64url").slice(0, 16)}`;
}

import type { Readiness } from "./readiness.ts";

/** What is known of a partition, and what was found now. */
export interface PartitionFinding {
  readonly wasComplete: boolean;
  /** An update has said that it was complete, now or before it waited again. */
  readonly wasTold: boolean;
  /** Its content has changed since that was decided, or nothing had been. */
  readonly isChanged: boolean;
  /** How many objects are there. */
  readonly objects: number;
  readonly readiness: Readiness;
}

/**
 * What becomes of a partition of several objects.
 *
 * - `stay`: it was complete, and nothing about it has changed since.
 * - `wait`: it is not complete. One that was and lost its marker, or an object that it needs, or
 *   that must be quiet anew, waits again, and no update says so.
 * - `complete`: an update says so. One that was complete and still is has other content than that
 *   update told of, such as a late object: another update.
 * - `remove`: an update told of it, and its last object is gone, which another update says.
 * - `forget`: its last object is gone before any update told of it.
 */
export type PartitionStep = "stay" | "wait" | "complete" | "remove" | "forget";

export function decidePartition(finding: PartitionFinding): PartitionStep {
  const { wasComplete, wasTold, isChanged, objects, readiness } = finding;
  if (wasComplete && !isChanged) return "stay";
  if (objects === 0) return wasTold ? "remove" : "forget";
  return readiness.ready ? "complete" : "wait";
}

import { type Partition, partitionText } from "../spec/partition-spec.ts";

/** A run, recorded or replayed, as far as it is compared. */
export interface ComparableRun {
  /** ISO 8601. */
  readonly at: string;
  readonly trigger: string;
  readonly partition: Partition;
  /** What it consumed; for a schedule, the time that it is for. */
  readonly consumed: readonly string[];
}

export interface RunComparison<Recorded extends ComparableRun, Replayed extends ComparableRun> {
  readonly same: readonly { readonly recorded: Recorded; readonly replayed: Replayed }[];
  readonly onlyRecorded: readonly Recorded[];
  readonly onlyNow: readonly Replayed[];
}

/**
 * Finds for each recorded run the replayed one of the same trigger and partition that consumed
 * the same facts, whatever their order and time. Each is matched once.
 */
export function compareRuns<Recorded extends ComparableRun, Replayed extends ComparableRun>(
  recorded: readonly Recorded[],
  replayed: readonly Replayed[],
): RunComparison<Recorded, Replayed> {
  const open = new Map<string, Replayed[]>();
  for (const run of replayed) {
    const key = keyOf(run);
    open.set(key, [...(open.get(key) ?? []), run]);
  }
  const same: { recorded: Recorded; replayed: Replayed }[] = [];
  const onlyRecorded: Recorded[] = [];
  for (const run of recorded) {
    const match = open.get(keyOf(run))?.shift();
    if (match === undefined) onlyRecorded.push(run);
    else same.push({ recorded: run, replayed: match });
  }
  const left = new Set([...open.values()].flat());
  return { same, onlyRecorded, onlyNow: replayed.filter((run) => left.has(run)) };
}

function keyOf({ trigger, partition, consumed }: ComparableRun): string {
  return JSON.stringify([trigger, partitionText(partition), consumed.toSorted()]);
}

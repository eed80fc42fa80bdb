import { isCalendar } from "../partition/partition-value.ts";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { type PipelineId, type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import { type RunWaitSpec, runWaitsOf } from "../spec/task-spec.ts";

/**
 * What can be registered and is likely to be a mistake: waits for runs that can never match. Give
 * it the specs that would be active together; pipelines that are not among them are not judged.
 *
 * @returns Complete sentences, each with its mend; empty when all is well.
 */
export function graphWarnings(specs: readonly PipelineSpec[]): string[] {
  const byId = new Map(specs.map((spec) => [pipelineId(spec), spec]));
  const dated = datedOf([...byId.values()]);
  return [...byId].flatMap(([id, spec]) =>
    spec.tasks.flatMap((task) =>
      runWaitsOf(task).flatMap((wait) => {
        const why = impossibleMatch(spec, wait, byId, dated);
        return why === null ? [] : [`Pipeline ${id}, task "${task.name}": ${why}.`];
      }),
    ),
  );
}

function impossibleMatch(
  mine: PipelineSpec,
  { pipeline, match }: RunWaitSpec,
  byId: ReadonlyMap<PipelineId, PipelineSpec>,
  dated: ReadonlySet<PipelineId>,
): string | null {
  const other = byId.get(pipeline);
  if (other === undefined) return null;
  if (match.by === "partition") return unlikePartitions(mine, other);
  return match.by === "logical_date" ? withoutDates(mine, other, dated) : null;
}

function unlikePartitions(mine: PipelineSpec, other: PipelineSpec): string | null {
  const id = pipelineId(other);
  const [keys, others] = [keysOf(mine.partitions), keysOf(other.partitions)];
  if (keys !== others) {
    return (
      `it waits for the run of ${id} for its own partition, and the two are never the same: ` +
      `it is partitioned by ${keys || "nothing"}, the other by ${others || "nothing"}; match by "latest" or { within: "2h" }`
    );
  }
  const key = Object.keys(mine.partitions).find((name) => !fit(mine, other, name));
  if (key === undefined) return null;
  return (
    `it waits for the run of ${id} for its own partition, and the two cut "${key}" differently, ` +
    'so that no value is of both; cut both alike, or match by "latest"'
  );
}

/** Whether both may have the same value of a key. */
function fit(mine: PipelineSpec, other: PipelineSpec, key: string): boolean {
  const [one, two] = [mine.partitions[key], other.partitions[key]];
  if (one === undefined || two === undefined) return false;
  if (one.kind === "keys" && two.kind === "keys")
    return one.values.some((value) => two.values.includes(value));
  // What comes as it comes may be anything.
  return one.kind === two.kind || [one, two].some((scheme) => !isCalendar(scheme));
}

function withoutDates(
  mine: PipelineSpec,
  other: PipelineSpec,
  dated: ReadonlySet<PipelineId>,
): string | null {
  const dateless = [mine, other].find((spec) => !dated.has(pipelineId(spec)));
  if (dateless === undefined) return null;
  const whose = dateless === mine ? "its own runs have" : `runs of ${pipelineId(other)} have`;
  return (
    `it waits for the run of ${pipelineId(other)} of the same logical date, and ${whose} none, ` +
    'since there is neither a schedule nor a calendar partition; match by "latest" or { within: "2h" }'
  );
}

/** Pipelines whose runs may have a logical date; a called run may have that of its caller. */
function datedOf(specs: readonly PipelineSpec[]): ReadonlySet<PipelineId> {
  const called = specs.flatMap(({ tasks }) =>
    tasks.flatMap(({ calls }) => calls.map(({ pipeline }) => pipeline)),
  );
  const own = specs.filter(
    ({ triggers, partitions }) =>
      Object.values(triggers).some(({ type }) => type === "schedule") ||
      Object.values(partitions).some(isCalendar),
  );
  return new Set([...called, ...own.map(pipelineId)]);
}

function keysOf(partitions: PartitionSchemes): string {
  return Object.keys(partitions).toSorted().join(", ");
}

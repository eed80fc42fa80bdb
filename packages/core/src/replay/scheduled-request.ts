import type { Instant } from "../lib/instant.ts";
import { intervalPartition } from "../partition/map-partition.ts";
import { partitionValueProblem } from "../partition/partition-value.ts";
import { previousTick } from "../schedule/cron.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { fillParams } from "../trigger/fill-params.ts";
import type { ReplaySchedule } from "./replay-registry.ts";
import type { RunRequest } from "./replay-runs.ts";

/** The run of one tick; null for a tick before the pipeline's partitions begin. */
export function scheduledRequest(
  { pipeline, trigger, spec }: ReplaySchedule,
  { partitions }: PipelineSpec,
  slot: Instant,
): RunRequest | null {
  const start = previousTick(spec, slot) ?? slot;
  const partition =
    spec.partition === "interval" ? intervalPartition(partitions, start) : spec.partition;
  const fits = Object.entries(partitions).every(
    ([key, scheme]) => partitionValueProblem(scheme, partition[key] ?? "") === null,
  );
  if (!fits) return null;
  return {
    pipeline,
    trigger,
    partition,
    params: fillParams(spec.params, null),
    startedBy: null,
    cause: "schedule",
    logicalAt: slot,
    consumed: [],
    missing: [],
    rerunOf: null,
    hop: 0,
  };
}

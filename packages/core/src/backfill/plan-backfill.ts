import { wouldRunAfter } from "../graph/would-run.ts";
import { toPipelineGraph } from "../graph/pipeline-graph.ts";
import { isTerminal } from "../run/states.ts";
import { type Partition, partitionText } from "../spec/partition-spec.ts";
import { type PipelineId, type PipelineSpec } from "../spec/pipeline-spec.ts";
import type {
  BackfillEffect,
  BackfillItemPlan,
  BackfillPlan,
  BackfillUpdates,
  ExistingPolicy,
  PartitionHistory,
} from "./backfill.ts";

/** All that a plan follows from: the same input gives the same plan. */
export interface BackfillInput {
  readonly pipeline: PipelineId;
  /** As `selectPartitions` gives them. */
  readonly partitions: readonly Partition[];
  readonly existing: ExistingPolicy;
  readonly updates: BackfillUpdates;
  /** By the text of the partition; absent: it never had a run. */
  readonly history: ReadonlyMap<string, PartitionHistory>;
  /** Every pipeline that is registered. */
  readonly specs: readonly PipelineSpec[];
}

/** What a backfill would do to each partition, and to the pipelines behind this one. */
export function planBackfill(input: BackfillInput): BackfillPlan {
  const { partitions, existing, history } = input;
  const items = partitions.map((partition) => ({
    partition,
    ...decideItem(existing, history.get(partitionText(partition))),
  }));
  const doesSomething = items.some(({ action }) => action !== "skip");
  return { items, downstream: doesSomething ? effectsOf(input) : [] };
}

type Decided = Omit<BackfillItemPlan, "partition">;

function decideItem(existing: ExistingPolicy, history: PartitionHistory | undefined): Decided {
  const last = history?.last ?? null;
  if (last === null) {
    return existing === "failed-only"
      ? { action: "skip", reason: "no run of it has failed" }
      : { action: "new", reason: "it has no run yet" };
  }
  const succeeded = history?.succeeded ?? null;
  const again = succeeded === null ? "new" : "rerun";
  const lastReason = `run_${last.runId} ${isTerminal(last.state) ? last.state : `is ${last.state}`}`;
  if (existing === "rerun") return { action: again, reason: lastReason };
  // What is under way may well succeed.
  if (!isTerminal(last.state)) return { action: "skip", reason: lastReason };
  if (existing === "failed-only") {
    return { action: last.state === "failed" ? again : "skip", reason: lastReason };
  }
  return succeeded === null
    ? { action: "new", reason: lastReason }
    : { action: "skip", reason: `run_${succeeded} succeeded` };
}

function effectsOf({ updates, specs, pipeline }: BackfillInput): readonly BackfillEffect[] {
  if (updates === "suppress") return [];
  return wouldRunAfter(toPipelineGraph(specs), pipeline).map((entry) => ({
    pipeline: entry.pipeline,
    state: entry.state,
    by: entry.by.type === "trigger" ? entry.by.name : entry.by.caller,
    isFiltered: entry.isFiltered,
  }));
}

import {
  type BackfillPlan,
  type BackfillSelection,
  type BackfillUpdates,
  type ExistingPolicy,
  MillraceError,
  type PipelineId,
  pipelineId,
  partitionText,
  type PipelineSpec,
  planBackfill,
  selectPartitions,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";
import { loadHistory } from "./partition-history.ts";

export interface PlanWish {
  readonly pipeline: PipelineId;
  readonly selection: BackfillSelection;
  readonly existing: ExistingPolicy;
  readonly updates: BackfillUpdates;
}

export type ComputedPlan =
  | { readonly ok: true; readonly pipelineRowId: number; readonly plan: BackfillPlan }
  | { readonly ok: false; readonly issues: readonly string[] };

/**
 * The plan of this very moment. Call it under the registry lock.
 *
 * @throws {NOT_FOUND} When no deployment has the pipeline.
 */
export async function computePlan(tx: Tx, wish: PlanWish): Promise<ComputedPlan> {
  const { pipeline, selection, existing, updates } = wish;
  const registered = await loadRegistered(tx);
  const found = registered.find(({ spec }) => pipelineId(spec) === pipeline);
  if (found === undefined) throw noPipeline(pipeline);
  const selected = selectPartitions(found.spec, selection);
  if (!selected.ok) return selected;
  const { partitions } = selected;
  const history = await loadHistory(tx, found.id, partitions.map(partitionText));
  const specs = registered.map(({ spec }) => spec);
  const plan = planBackfill({ pipeline, partitions, existing, updates, history, specs });
  return { ok: true, pipelineRowId: found.id, plan };
}

async function loadRegistered(
  tx: Tx,
): Promise<readonly { readonly id: number; readonly spec: PipelineSpec }[]> {
  const { rows } = await sql<{ id: number; spec: PipelineSpec }>`
    select p.id, v.spec from millrace.pipeline p
    join millrace.pipeline_version v on v.id = p.version_id
    order by p.namespace, p.name`.execute(tx);
  return rows;
}

function noPipeline(name: PipelineId): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "pipeline", name },
    `No deployment has a pipeline ${name}. \`millrace graph\` lists those that are registered.`,
  );
}

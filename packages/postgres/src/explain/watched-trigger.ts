import {
  type CompiledCondition,
  compileCondition,
  type Hold,
  type IndexedTrigger,
  type LimitNote,
  pipelineId,
  type PipelineSpec,
  type TriggerSpec,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/** A registered trigger with all that may hold it. */
export interface WatchedTrigger {
  readonly id: number;
  readonly name: string;
  readonly pipelineRowId: number;
  readonly pipeline: string;
  readonly versionId: number;
  readonly spec: TriggerSpec;
  readonly pipelineSpec: PipelineSpec;
  readonly hold: Hold | null;
  /** Its own switch is off, whatever the pipeline's. */
  readonly isPaused: boolean;
}

interface TriggerRow {
  readonly id: number;
  readonly name: string;
  readonly spec: TriggerSpec;
  readonly pipeline_id: number;
  readonly version_id: number;
  readonly pipeline: PipelineSpec;
  readonly paused: boolean;
  readonly paused_at: Date | null;
  readonly paused_by: string | null;
  readonly pipeline_paused: boolean;
  readonly pipeline_paused_at: Date | null;
  readonly pipeline_paused_by: string | null;
}

/** Active triggers of pipelines, or those of `triggerIds`; by name. */
export async function loadWatched(
  tx: Tx,
  of: { readonly pipelineRowIds: readonly number[] } | { readonly triggerIds: readonly number[] },
): Promise<readonly WatchedTrigger[]> {
  const which =
    "triggerIds" in of
      ? sql`t.id = any(${[...of.triggerIds]}::bigint[])`
      : sql`t.pipeline_id = any(${[...of.pipelineRowIds]}::bigint[])`;
  const { rows } = await sql<TriggerRow>`
    select t.id, t.name, t.spec, t.pipeline_id, p.version_id, v.spec as pipeline,
      t.paused, t.paused_at, t.paused_by, p.paused as pipeline_paused,
      p.paused_at as pipeline_paused_at, p.paused_by as pipeline_paused_by
    from millrace.trigger t join millrace.pipeline p on p.id = t.pipeline_id
    join millrace.pipeline_version v on v.id = p.version_id
    where ${which} and t.active order by t.name, t.id`.execute(tx);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    pipelineRowId: row.pipeline_id,
    pipeline: pipelineId(row.pipeline),
    versionId: row.version_id,
    spec: row.spec,
    pipelineSpec: row.pipeline,
    hold: holdOf(row),
    isPaused: row.paused,
  }));
}

function holdOf(row: TriggerRow): Hold | null {
  if (row.pipeline_paused) {
    const at = row.pipeline_paused_at?.getTime() ?? null;
    return { code: "pipeline_paused", by: row.pipeline_paused_by, at };
  }
  if (row.paused) {
    const at = row.paused_at?.getTime() ?? null;
    return { code: "trigger_disabled", by: row.paused_by, at };
  }
  return row.spec.enabled ? null : { code: "trigger_disabled", by: null, at: null };
}

/** As the evaluator has it; null of a schedule. */
export function indexedOf(watched: WatchedTrigger): IndexedTrigger | null {
  const { id, name, pipelineRowId, pipeline, versionId, spec, pipelineSpec, hold } = watched;
  if (spec.type === "schedule") return null;
  const condition: CompiledCondition = compileCondition(spec.condition);
  const { partitions } = pipelineSpec;
  const off = hold?.code ?? null;
  return {
    triggerId: id,
    name,
    pipelineRowId,
    pipeline,
    versionId,
    partitions,
    spec,
    off,
    condition,
  };
}

const HOLDERS_MAX = 20;

/** How full pipelines with a limit are; those without one are not in it. */
export async function loadLimits(
  tx: Tx,
  pipelineRowIds: readonly number[],
): Promise<ReadonlyMap<number, LimitNote>> {
  const { rows } = await sql<{ id: number; max: number; active: number[]; queued: number }>`
    select p.id, p.max_active_runs as max,
      array(select a.run_id from millrace.run_active a where a.pipeline_id = p.id
        order by a.run_id limit ${HOLDERS_MAX}) as active,
      (select count(*)::int from millrace.run_queued q where q.pipeline_id = p.id) as queued
    from millrace.pipeline p
    where p.id = any(${[...pipelineRowIds]}::bigint[]) and p.max_active_runs is not null
  `.execute(tx);
  return new Map(
    rows.map(({ id, max, active, queued }) => [
      id,
      { max, activeRunIds: active.map(Number), queuedCount: queued },
    ]),
  );
}

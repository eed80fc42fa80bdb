import {
  type ConditionTriggerSpec,
  type PipelineSpec,
  pipelineId,
  type RegisteredTrigger,
  TriggerIndex,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { flight } from "./flight.ts";
import type { Tx } from "./transact.ts";

/** The registry lock: shared by those who judge, exclusive for those who register. */
const REGISTRY_LOCK = 7_714_001;

/**
 * Holds the registry still until the end of the transaction.
 *
 * @returns Its version.
 */
export async function lockRegistry(tx: Tx, mode: "shared" | "exclusive"): Promise<number> {
  const [, [registry]] = await flight(tx, ...registryLock(mode));
  return registry?.version ?? 0;
}

/** The statements of {@link lockRegistry}. */
export function registryLock(
  mode: "shared" | "exclusive",
): [RawBuilder<unknown>, RawBuilder<{ version: number }>] {
  const lock = mode === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  return [
    sql`select ${sql.raw(lock)}(${REGISTRY_LOCK}::bigint)`,
    sql<{ version: number }>`select version from millrace.registry where id = 1`,
  ];
}

/** Keeps the triggers of the newest registry version that this process has seen. */
export class TriggerCache {
  #index: TriggerIndex | null = null;

  /** Call under the registry lock: the triggers are those of this very moment. */
  async load(tx: Tx, registryVersion: number): Promise<TriggerIndex> {
    if (this.#index?.registryVersion === registryVersion) return this.#index;
    const { rows } = await sql<{
      id: number;
      name: string;
      spec: ConditionTriggerSpec;
      pipeline_id: number;
      version_id: number;
      paused: boolean;
      disabled: boolean;
      pipeline: PipelineSpec;
    }>`select t.id, t.name, t.spec, t.pipeline_id, p.version_id, p.paused,
         t.paused as disabled, v.spec as pipeline
       from millrace.trigger t
       join millrace.pipeline p on p.id = t.pipeline_id
       join millrace.pipeline_version v on v.id = p.version_id
       where t.active and t.spec ->> 'type' <> 'schedule'`.execute(tx);
    const triggers = rows.map((row): RegisteredTrigger => ({
      triggerId: row.id,
      name: row.name,
      pipelineRowId: row.pipeline_id,
      pipeline: pipelineId(row.pipeline),
      versionId: row.version_id,
      partitions: row.pipeline.partitions,
      spec: row.spec,
      off: offOf(row),
    }));
    this.#index = new TriggerIndex(registryVersion, triggers);
    return this.#index;
  }
}

function offOf(row: {
  readonly paused: boolean;
  readonly disabled: boolean;
  readonly spec: ConditionTriggerSpec;
}): RegisteredTrigger["off"] {
  if (row.paused) return "pipeline_paused";
  return row.spec.enabled && !row.disabled ? null : "trigger_disabled";
}

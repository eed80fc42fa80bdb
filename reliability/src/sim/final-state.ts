import { createHash } from "node:crypto";
import type { Stage } from "./stage.ts";

/** Traces that nobody brought are the database's own chance: they say nothing, and differ. */
const TABLES: Readonly<Record<string, string>> = {
  run: "id, pipeline_id, version_id, state, reason, partition, result, created_at, ended_at",
  task_run: "id, run_id, task, item, state, attempt, failures, crashes, reason, ended_at",
  update: "id, dataset_id, partition, kind, run_id, task_run_id, at",
  event: "id, name, data, run_id, task_run_id, at",
  delivery: "id, trigger_id, fact_kind, fact_id, group_id, disposition, reason, run_id",
  schedule_fire: "trigger_id, slot, run_id",
};

/** Hex SHA-256 of the trace and of what is left in the database. */
export function fingerprint({ pglite }: Stage, trace: readonly string[]): string {
  const hash = createHash("sha256");
  for (const line of trace) hash.update(`${line}\n`);
  for (const [table, columns] of Object.entries(TABLES)) {
    const { rows } = pglite.run(
      `select row(${columns})::text as row from millrace.${table} order by 1`,
    );
    for (const { row } of rows) hash.update(`${table}${String(row)}\n`);
  }
  return hash.digest("hex");
}

import {
  type Afterwards,
  type ManualStart,
  MillraceError,
  partitionValueProblem,
  type PipelineSpec,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { flight } from "./flight.ts";
import { insertRuns } from "./insert-runs.ts";
import { isNamed } from "./is-named.ts";
import type { Tx } from "./transact.ts";
import { registryLock } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform } from "./work.ts";

/**
 * Starts a run by hand.
 *
 * @throws {NOT_FOUND} When no active pipeline has this name.
 * @throws {INPUT_INVALID} When the partition is not one of the pipeline's.
 */
export function startRun(
  database: Database,
  versions: VersionCache,
  start: ManualStart,
): Promise<Afterwards & { readonly runId: number }> {
  return perform(database, versions, "start a run", async (work) => {
    const { tx } = work;
    const { pipelineRowId, versionId } = await findPipeline(tx, start.pipeline);
    const version = (await versions.load(tx, [versionId]))(versionId);
    checkPartition(start, version.spec);
    const known = await knownRun(tx, pipelineRowId, start.idempotencyKey);
    if (known !== null) return { runId: known };
    const { partition, params, correlationId, idempotencyKey } = start;
    const cause = { type: "manual" };
    const { traceparent = null } = start;
    const when = { logicalAt: null, interval: null, trigger: null, hop: 0, traceparent };
    const run = { version, cause, partition, params, correlationId, ...when };
    const [runId = 0] = await insertRuns(work, [run]);
    if (idempotencyKey !== null) {
      await sql`insert into millrace.run_key (pipeline_id, key, run_id)
        values (${pipelineRowId}, ${idempotencyKey}, ${runId})`.execute(tx);
    }
    return { runId };
  });
}

/** Holds the registry still: what is there now is there until the end of the transaction. */
async function findPipeline(
  tx: Tx,
  name: string,
): Promise<{ pipelineRowId: number; versionId: number }> {
  const named = sql<{ id: number; version_id: number | null }>`
    select id, version_id from millrace.pipeline
    where ${isNamed("pipeline", sql`${name}::text`)}`;
  const [, , [row]] = await flight(tx, ...registryLock("shared"), named);
  if (row !== undefined && row.version_id !== null) {
    return { pipelineRowId: row.id, versionId: row.version_id };
  }
  throw new MillraceError(
    "NOT_FOUND",
    { what: "pipeline", name },
    row === undefined
      ? `There is no pipeline ${name}. \`millrace graph\` lists those that are registered.`
      : `Pipeline ${name} is in no deployment any more: its runs are kept, and no new one starts.`,
  );
}

function checkPartition({ pipeline, partition }: ManualStart, spec: PipelineSpec): void {
  const wanted = Object.keys(spec.partitions);
  const missing = wanted
    .filter((key) => partition[key] === undefined)
    .map((key) => `it does not say which ${key} the run is for (--partition ${key}=…)`);
  const foreign = Object.keys(partition)
    .filter((key) => !Object.hasOwn(spec.partitions, key))
    .map((key) => `${pipeline} has no partition key ${key}`);
  const wrong = Object.entries(spec.partitions).flatMap(([key, scheme]) => {
    const value = partition[key];
    const problem = value === undefined ? null : partitionValueProblem(scheme, value);
    return problem === null ? [] : [`${key}: ${problem}`];
  });
  const issues = [...missing, ...foreign, ...wrong];
  if (issues.length === 0) return;
  throw new MillraceError(
    "INPUT_INVALID",
    { what: `partition of ${pipeline}`, issues },
    `The partition does not fit pipeline ${pipeline}: ${issues.join("; ")}.`,
  );
}

async function knownRun(tx: Tx, pipelineRowId: number, key: string | null): Promise<number | null> {
  if (key === null) return null;
  await sql`select pg_advisory_xact_lock(
    hashtextextended('run ' || ${String(pipelineRowId)} || ' ' || ${key}, 0))`.execute(tx);
  const { rows } = await sql<{ run_id: number }>`
    select run_id from millrace.run_key
    where pipeline_id = ${pipelineRowId} and key = ${key}`.execute(tx);
  return rows[0]?.run_id ?? null;
}

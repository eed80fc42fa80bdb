import { type Afterwards, type Channel, isTerminal, type RunState } from "@millrace/core/internal";
import { sql } from "kysely";
import { endWaiting } from "../cancel-run.ts";
import type { Database } from "../database.ts";
import { type LockedRow, lockRuns, progressRuns, toLocked } from "../progress-runs.ts";
import { records } from "../records.ts";
import { transact, type Tx } from "../transact.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { LoadedVersion, VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { missingReason } from "./missing-reason.ts";
import { moveRun } from "./move-run.ts";
import { noteMissing } from "./missing-channels.ts";

/** A run that has something ready that no live worker hears, and what its pipeline says to that. */
interface StrandedRow {
  readonly run_id: number;
  readonly policy: "latest" | "fail";
  readonly active_id: number | null;
  readonly queue: string;
  readonly version: string;
}

/**
 * Fails or moves runs whose version no live worker has had for so long, as their pipelines say.
 * Those of pipelines that say nothing wait, and are not read here.
 *
 * @returns With how many runs were settled.
 */
export async function settleStranded(
  database: Database,
  versions: VersionCache,
  olderThanMs: number,
  limit: number,
): Promise<Afterwards & { readonly settled: number }> {
  const missing = await transact(database, "look for missing versions", (tx) =>
    noteMissing(tx, olderThanMs),
  );
  return perform(database, versions, "settle runs without a worker", async (work) => {
    if (missing.length === 0) return { settled: 0 };
    const { tx } = work;
    await lockRegistry(tx, "shared");
    const stranded = await listStranded(tx, missing, limit);
    const rows = await lockRuns(
      tx,
      stranded.map(({ run_id }) => run_id),
    );
    const version = await versions.load(tx, [
      ...rows.map(({ version_id }) => version_id),
      ...stranded.flatMap(({ active_id }) => active_id ?? []),
    ]);
    let settled = 0;
    for (const each of stranded) {
      const row = rows.find(({ id }) => id === each.run_id);
      if (row === undefined || isTerminal(row.state as RunState) || row.cancelling) continue;
      settled += (await settle(work, each, row, version)) ? 1 : 0;
    }
    return { settled };
  });
}

async function listStranded(
  tx: Tx,
  missing: readonly Channel[],
  limit: number,
): Promise<readonly StrandedRow[]> {
  const { rows } = await sql<StrandedRow>`
    select distinct on (r.id) r.id as run_id, v.spec ->> 'onMissingVersion' as policy,
      p.version_id as active_id, x.queue, x.version
    from ${records(missing, "queue text, version text")}
    join millrace.ready y on y.queue = x.queue and y.version = x.version
    join millrace.run r on r.id = y.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.deployment d on d.name = p.deployment
    join millrace.pipeline_version v on v.id = r.version_id
    where v.spec ->> 'onMissingVersion' = 'fail'
      or (v.spec ->> 'onMissingVersion' = 'latest' and p.version_id is not null
        and p.version_id is distinct from r.unmoved_version_id
        and (p.version_id <> r.version_id or r.pinned_build is distinct from
          case when r.pinned_build is not null then d.build::text end))
    order by r.id limit ${limit}`.execute(tx);
  return rows;
}

async function settle(
  work: Work,
  { policy, active_id, queue, version: heard }: StrandedRow,
  row: LockedRow,
  version: (id: number) => LoadedVersion,
): Promise<boolean> {
  const own = version(row.version_id);
  if (policy === "latest") {
    return active_id !== null && moveRun(work, toLocked(row, own), version(active_id));
  }
  const stopReason = missingReason({ queue, version: heard });
  await endWaiting(work, [row], stopReason);
  await progressRuns(work, [{ ...toLocked(row, own), cancelling: true, stopReason }]);
  return true;
}

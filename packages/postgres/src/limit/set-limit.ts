import { type Afterwards, MillraceError, type Said } from "@millrace/core/internal";
import { sql } from "kysely";
import { admitRuns } from "../admit-runs.ts";
import type { Database } from "../database.ts";
import { startRuns } from "../progress-runs.ts";
import { json } from "../records.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { lockRunLimits } from "./declare-limits.ts";

/** A limit that people may set. The limit of all has no name: it is the empty text. */
export interface LimitRef {
  readonly kind: "pool" | "namespace" | "all";
  readonly name: string;
}

/** What a limit is to be from now on, whatever the code declares; null: what the code declares. */
export interface LimitChange extends LimitRef {
  /** Slots of a pool, tasks at once of a namespace or of all. At least 0. */
  readonly tasks?: number | null;
  /** Runs at once, of a namespace or of all. At least 0. */
  readonly runs?: number | null;
}

/**
 * Sets a limit by hand, or resets it. What runs when one is lowered runs on; what waited when one
 * is raised begins.
 *
 * @throws {NOT_FOUND} When there is no such pool.
 */
export function setLimit(
  database: Database,
  versions: VersionCache,
  change: LimitChange,
  said?: Said,
): Promise<Afterwards> {
  return perform(database, versions, "set a limit", async (work) => {
    if (said !== undefined) await write(work, change, said);
    if (change.runs !== undefined) await setRuns(work, change, change.runs);
    if (change.tasks !== undefined) await setTasks(work, change, change.tasks);
    return {};
  });
}

async function write({ tx }: Work, change: LimitChange, { by, why }: Said): Promise<void> {
  const { kind, name, ...values } = change;
  const detail = json({ limit: kind === "all" ? kind : `${kind}/${name}`, ...values });
  await sql`insert into millrace.audit (by, action, why, detail)
    values (${by}, 'set limit', ${why}, ${detail})`.execute(tx);
}

/**
 * Pipelines are locked before the limits of runs: those with runs that wait. A limit is made before
 * any is locked, so that nobody waits for a new one while he holds others.
 */
async function setRuns(work: Work, { kind, name }: LimitRef, runs: number | null): Promise<void> {
  const { tx } = work;
  const { rows } = await sql<{ id: number }>`
    select p.id from millrace.pipeline p where p.id in (
      select distinct pipeline_id from millrace.run_queued
    ) and (${kind} = 'all' or p.namespace = ${name}::text)
    order by p.id for no key update of p`.execute(tx);
  await sql`
    insert into millrace.run_limit (kind, name) values (${kind}, ${name})
    on conflict (kind, name) do nothing`.execute(tx);
  await lockRunLimits(tx);
  await sql`update millrace.run_limit set by_hand = ${runs}
    where kind = ${kind} and name = ${name}`.execute(tx);
  const admitted = await admitRuns(
    work,
    rows.map(({ id }) => id),
  );
  await startRuns(work, admitted);
}

/** Set at the end of the transaction, where limits of tasks are locked. A pool is never removed. */
async function setTasks({ tx, log }: Work, limit: LimitRef, tasks: number | null): Promise<void> {
  const { kind, name } = limit;
  if (kind === "pool") {
    const { rows } = await sql`
      select id from millrace.task_limit where kind = 'pool' and name = ${name}`.execute(tx);
    if (rows.length === 0) throw noPool(name);
  }
  log.setLimits([{ kind, name, set: { byHand: tasks } }]);
}

function noPool(name: string): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "pool", name },
    `There is no pool ${name}. \`millrace limits\` lists those that are declared.`,
  );
}

import {
  type Afterwards,
  explainGroup,
  type Hold,
  MillraceError,
  type Partition,
  type PipelineId,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { listWaiting, loadGroups } from "./explain/group-stories.ts";
import { inSnapshot } from "./explain/snapshot.ts";
import { loadWatched, type WatchedTrigger } from "./explain/watched-trigger.ts";
import { isNamed } from "./is-named.ts";
import type { Tx } from "./transact.ts";
import { lockRegistry } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { wakeTriggers } from "./wakes.ts";
import { perform } from "./work.ts";

/** A pipeline, or one trigger of it. */
export interface Pausable {
  readonly pipeline: PipelineId;
  /** Null: the pipeline as a whole. */
  readonly trigger: string | null;
}

/** What resuming would start, by the decision that will start it. */
export interface ResumePlan {
  /** Runs that would start from what is kept. */
  readonly runs: number;
  /** Facts that are kept. */
  readonly kept: number;
  /** By partition, those first that have waited longest; at most `GROUPS_SHOWN_MAX`. */
  readonly groups: readonly {
    readonly trigger: string;
    readonly partition: Partition;
    readonly kept: number;
    readonly runs: number;
  }[];
  /** What would hold it all the same: the pipeline is paused, or the definition disables it. */
  readonly stillHeld: Hold["code"] | null;
}

export const GROUPS_SHOWN_MAX = 20;

/**
 * Pauses a pipeline, or one trigger of it: from the commit on it starts nothing by itself, and
 * keeps what comes by its policy. Under the registry lock, so that no worker judges by before.
 *
 * @returns Whether it was running until now.
 * @throws {NOT_FOUND} When there is no such pipeline or trigger.
 */
export function pause(
  database: Database,
  versions: VersionCache,
  what: Pausable,
  by: string | null,
): Promise<Afterwards & { readonly changed: boolean }> {
  return perform(database, versions, "pause", async ({ tx }) => {
    await lockRegistry(tx, "exclusive");
    return { changed: await setPaused(tx, await findMeant(tx, what), { by }) };
  });
}

/**
 * Resumes it, and wakes every group in which something was kept, in the same transaction.
 *
 * @returns Whether it was paused until now.
 * @throws {NOT_FOUND} When there is no such pipeline or trigger.
 */
export function resume(
  database: Database,
  versions: VersionCache,
  what: Pausable,
): Promise<Afterwards & { readonly changed: boolean }> {
  return perform(database, versions, "resume", async ({ tx, log }) => {
    await lockRegistry(tx, "exclusive");
    const meant = await findMeant(tx, what);
    const changed = await setPaused(tx, meant, null);
    if (changed) await wakeTriggers(tx, log, meant.triggerIds);
    return { changed };
  });
}

/**
 * What {@link resume} would start at this moment. What comes in between may change it.
 *
 * @throws {NOT_FOUND} When there is no such pipeline or trigger.
 */
export function planResume(database: Database, what: Pausable): Promise<ResumePlan> {
  return inSnapshot(database, async (tx, now) => {
    const { triggerIds } = await findMeant(tx, what);
    const all = await loadWatched(tx, { triggerIds });
    const stillHeld = what.trigger === null ? null : heldAfter(all);
    const triggers = stillHeld === null ? all.filter((each) => isFreedBy(what, each)) : [];
    const { ids } = await listWaiting(
      tx,
      triggers.map(({ id }) => id),
      null,
    );
    const nameOf = new Map(triggers.map(({ id, name }) => [id, name]));
    const groups = (await loadGroups(tx, triggers, ids)).map(({ triggerId, story }) => {
      const { pending, runs } = explainGroup(story, { hold: null, limit: null }, now);
      const trigger = nameOf.get(triggerId) ?? "";
      return { trigger, partition: story.partition, kept: pending, runs };
    });
    return {
      runs: groups.reduce((sum, { runs }) => sum + runs, 0),
      kept: groups.reduce((sum, { kept }) => sum + kept, 0),
      groups: groups.slice(0, GROUPS_SHOWN_MAX),
      stillHeld,
    };
  });
}

function heldAfter(triggers: readonly WatchedTrigger[]): Hold["code"] | null {
  if (triggers.some(({ hold }) => hold?.code === "pipeline_paused")) return "pipeline_paused";
  return triggers.some(({ spec }) => !spec.enabled) ? "trigger_disabled" : null;
}

/** Resuming a pipeline resumes none of its triggers that have been paused by themselves. */
function isFreedBy({ trigger }: Pausable, { spec, isPaused }: WatchedTrigger): boolean {
  return spec.enabled && (trigger !== null || !isPaused);
}

/** What a {@link Pausable} names. */
interface Meant {
  readonly pipelineRowId: number;
  /** The one trigger, or those of the pipeline. */
  readonly triggerIds: readonly number[];
  readonly isPipeline: boolean;
}

async function findMeant(tx: Tx, { pipeline, trigger }: Pausable): Promise<Meant> {
  const pipelineRowId = await pipelineOf(tx, pipeline);
  const { rows } = await sql<{ id: number; name: string }>`
    select id, name from millrace.trigger where pipeline_id = ${pipelineRowId} and active
    order by id`.execute(tx);
  const found = trigger === null ? rows : rows.filter(({ name }) => name === trigger);
  if (trigger !== null && found.length === 0) throw notFound("trigger", `${pipeline}/${trigger}`);
  const triggerIds = found.map(({ id }) => id);
  return { pipelineRowId, triggerIds, isPipeline: trigger === null };
}

/** @param paused - Who pauses; null to resume. */
async function setPaused(
  tx: Tx,
  { pipelineRowId, triggerIds, isPipeline }: Meant,
  paused: { readonly by: string | null } | null,
): Promise<boolean> {
  const isPaused = paused !== null;
  const set = sql`set paused = ${isPaused}, paused_by = ${paused?.by ?? null},
    paused_at = case when ${isPaused} then millrace.now() end`;
  const { rows } = isPipeline
    ? await sql`update millrace.pipeline ${set}
        where id = ${pipelineRowId} and paused <> ${isPaused} returning id`.execute(tx)
    : await sql`update millrace.trigger ${set}
        where id = any(${[...triggerIds]}::bigint[]) and paused <> ${isPaused}
        returning id`.execute(tx);
  if (rows.length === 0) return false;
  await sql`update millrace.registry set version = version + 1`.execute(tx);
  return true;
}

async function pipelineOf(tx: Tx, pipeline: PipelineId): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select p.id from millrace.pipeline p
    where ${isNamed("p", sql`${pipeline}::text`)} and p.version_id is not null`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw notFound("pipeline", pipeline);
  return row.id;
}

function notFound(what: string, name: string): MillraceError<"NOT_FOUND"> {
  const mend = "List what is registered with `millrace graph`.";
  return new MillraceError("NOT_FOUND", { what, name }, `There is no ${what} ${name}. ${mend}`);
}

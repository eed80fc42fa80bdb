import { datasetFresh, datasetStale, type Fact, type FreshnessSpec } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { type BuiltInEvent, publishBuiltIn } from "./built-in-events.ts";
import { disarm, loadWatched, saveDecisions, type WatchedDataset } from "./freshness-rows.ts";
import type { TimerRow } from "./timers.ts";
import type { Tx } from "./transact.ts";
import type { Work } from "./work.ts";

/** An update fact; without `freshness` it is not known whether its dataset has a policy. */
export interface RefreshingFact {
  readonly kind: Fact["kind"];
  readonly id: number;
  readonly freshness?: FreshnessSpec | null;
}

/**
 * Makes datasets that were stale, or never updated, fresh again by the updates that came. It costs
 * one statement where a dataset with a policy is among them, and writes nothing while that is
 * fresh: its timer looks for a newer update when it fires, so none is set for each update.
 *
 * A timer that fires at this moment may decide without having seen the update. It holds the
 * dataset's row until it has committed, so a row whose time has come is waited for; no other can
 * have a timer that fires. Call it as the last that takes locks.
 */
export async function refresh(
  tx: Tx,
  log: AfterwardsLog,
  facts: readonly RefreshingFact[],
): Promise<void> {
  const updateIds = facts.flatMap(({ kind, id, freshness }) =>
    kind === "update" && freshness !== null ? [id] : [],
  );
  if (updateIds.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    select dataset_id as id from millrace.freshness
    where dataset_id in (
        select u.dataset_id from millrace.update u where u.id = any(${updateIds}::bigint[])
      )
      and (state <> 'fresh' or due_at is null or due_at <= (select millrace.now()))
    order by dataset_id for no key update`.execute(tx);
  await judge(
    tx,
    log,
    rows.map(({ id }) => id),
  );
}

/**
 * Looks at datasets whose time has come: those that were updated since get their next timer, the
 * others go stale, which is an event, in the transaction that takes the timer away.
 */
export async function fireFreshness(
  { tx, log }: Pick<Work, "tx" | "log">,
  timers: readonly TimerRow[],
): Promise<void> {
  if (timers.length === 0) return;
  const wanted = timers.flatMap(({ dataset_id }) => dataset_id ?? []);
  // Whoever holds a row decides about it, and waits for this timer in order to set it anew.
  const { rows } = await sql<{ id: number }>`
    select dataset_id as id from millrace.freshness where dataset_id = any(${wanted}::bigint[])
    order by dataset_id for no key update skip locked`.execute(tx);
  await judge(
    tx,
    log,
    rows.map(({ id }) => id),
  );
}

/** Decides about datasets whose rows are locked. */
async function judge(tx: Tx, log: AfterwardsLog, datasetIds: readonly number[]): Promise<void> {
  if (datasetIds.length === 0) return;
  // In a statement of its own: the one that took the locks does not see what came while it waited.
  const watched = await loadWatched(tx, datasetIds);
  const decisions = watched.map(({ id, last, found: { state, dueAt } }) => {
    const timerAt = state === "fresh" ? dueAt : null;
    return { id, state, dueAt, updateId: last?.id ?? null, timerAt };
  });
  await saveDecisions(tx, log, decisions);
  await publishBuiltIn(tx, log, watched.flatMap(toEvent));
}

function toEvent({ dataset, decided, found, last, now }: WatchedDataset): BuiltInEvent[] {
  const { state, dueAt } = found;
  if (state === decided || last === null || dueAt === null) return [];
  const { name } = state === "stale" ? datasetStale : datasetFresh;
  const lastUpdate = { id: last.id, at: toText(last.at) };
  const data = { dataset, since: toText(now), due: toText(dueAt), lastUpdate };
  return [{ name, data, source: { type: "millrace", key: dataset }, hop: 0 }];
}

function toText(instant: number): string {
  return new Date(instant).toISOString();
}

/**
 * Gives each dataset with a policy its row and its timer, and takes them from those that have none
 * any more, or that no pipeline declares. It publishes nothing: what is found to have changed gets
 * a timer that is due. Call it in a registration, which holds the registry lock.
 */
export async function armFreshness(tx: Tx, log: AfterwardsLog): Promise<void> {
  const { watched, added } = await syncRows(tx);
  if (watched.length === 0) return;
  const found = await loadWatched(tx, watched);
  await saveDecisions(
    tx,
    log,
    found.map((dataset) => toDecision(dataset, added.has(dataset.id))),
  );
}

function toDecision(dataset: WatchedDataset, isNew: boolean) {
  const { id, last, decided, decidedDueAt, now } = dataset;
  const { state: found, dueAt } = dataset.found;
  const updateId = last?.id ?? null;
  if (dueAt === null) return { id, state: decided, updateId, dueAt, timerAt: null };
  if (isNew && found === "fresh") return { id, state: found, updateId, dueAt, timerAt: dueAt };
  if (found === decided && found === "stale") {
    return { id, state: decided, updateId, dueAt, timerAt: null };
  }
  // A timer may fire too early, and then looks again; never too late.
  const timerAt =
    decided === "fresh" ? Math.min(dueAt, decidedDueAt ?? dueAt) : Math.min(dueAt, now);
  return { id, state: decided, updateId, dueAt: timerAt, timerAt };
}

async function syncRows(tx: Tx): Promise<{ watched: number[]; added: ReadonlySet<number> }> {
  const { rows } = await sql<{ id: number }>`
    select d.id from millrace.dataset d where d.spec ? 'freshness' and exists (
      select from millrace.pipeline p join millrace.pipeline_version v on v.id = p.version_id
      where v.spec -> 'datasets' ? (d.namespace || '/' || d.name)
    ) order by d.id`.execute(tx);
  const watched = rows.map(({ id }) => id);
  const gone = await sql<{ id: number }>`
    delete from millrace.freshness where dataset_id <> all(${watched}::bigint[])
    returning dataset_id as id`.execute(tx);
  await disarm(
    tx,
    gone.rows.map(({ id }) => id),
  );
  const added = await sql<{ id: number }>`
    insert into millrace.freshness (dataset_id, state)
    select unnest(${watched}::bigint[]), 'unknown' on conflict (dataset_id) do nothing
    returning dataset_id as id`.execute(tx);
  return { watched, added: new Set(added.rows.map(({ id }) => id)) };
}

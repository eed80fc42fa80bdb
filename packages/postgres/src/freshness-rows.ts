import {
  type DatasetId,
  freshnessAt,
  type FreshnessSpec,
  type FreshnessState,
  type Instant,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** A dataset with a freshness policy: what was decided last, and what holds now. */
export interface WatchedDataset {
  readonly id: number;
  readonly dataset: DatasetId;
  readonly decided: FreshnessState["state"];
  /** When it is looked at again, as decided last. */
  readonly decidedDueAt: Instant | null;
  readonly last: { readonly id: number; readonly at: Instant } | null;
  readonly found: FreshnessState;
  readonly now: Instant;
}

interface WatchedRow {
  readonly id: number;
  readonly dataset: DatasetId;
  readonly policy: FreshnessSpec;
  readonly state: FreshnessState["state"];
  readonly due_at: Date | null;
  readonly update_id: number | null;
  readonly at: Date | null;
  readonly now: Date;
}

/**
 * Loads datasets with a policy, each with its newest update that counts: removals do not, nor what
 * is held in quarantine. Updates before the one known last are not read again.
 */
export async function loadWatched(
  tx: Tx,
  datasetIds: readonly number[],
): Promise<WatchedDataset[]> {
  const { rows } = await sql<WatchedRow>`
    select f.dataset_id as id, d.namespace || '/' || d.name as dataset,
      d.spec -> 'freshness' as policy, f.state, f.due_at, u.id as update_id, u.at,
      millrace.now() as now
    from millrace.freshness f join millrace.dataset d on d.id = f.dataset_id
    left join lateral (
      select n.id, n.at from millrace.update n
      where n.dataset_id = f.dataset_id and n.id >= coalesce(f.update_id, 0)
        and n.kind = 'changed' and (not n.quarantined or n.released_at is not null)
      order by n.id desc limit 1
    ) u on true
    where f.dataset_id = any(${datasetIds}::bigint[]) order by f.dataset_id`.execute(tx);
  return rows.map((row) => {
    const now = row.now.getTime();
    const at = row.at?.getTime() ?? null;
    const last = row.update_id === null || at === null ? null : { id: row.update_id, at };
    return {
      id: row.id,
      dataset: row.dataset,
      decided: row.state,
      decidedDueAt: row.due_at?.getTime() ?? null,
      last,
      found: freshnessAt(row.policy, last, now),
      now,
    };
  });
}

/** What is now decided of a dataset. */
export interface FreshnessDecision {
  readonly id: number;
  readonly state: FreshnessState["state"];
  readonly updateId: number | null;
  readonly dueAt: Instant | null;
  /** When to look again; null: when an update comes. */
  readonly timerAt: Instant | null;
}

/** Stores decisions and sets their timers, one for each dataset at most. Under the rows' locks. */
export async function saveDecisions(
  tx: Tx,
  log: AfterwardsLog,
  decisions: readonly FreshnessDecision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const rows = decisions.map(({ id, state, updateId, dueAt }) => ({
    id,
    state,
    update_id: updateId,
    due_ms: dueAt,
  }));
  await sql`
    update millrace.freshness f set state = x.state, update_id = x.update_id,
      due_at = to_timestamp(x.due_ms / 1000.0),
      since = case when f.state = x.state then f.since else millrace.now() end
    from ${records(rows, "id bigint, state text, update_id bigint, due_ms bigint")}
    where f.dataset_id = x.id`.execute(tx);
  await disarm(
    tx,
    decisions.flatMap(({ id, timerAt }) => (timerAt === null ? [id] : [])),
  );
  const timers = decisions.flatMap(({ id, timerAt }) =>
    timerAt === null ? [] : [{ dataset_id: id, due_ms: timerAt }],
  );
  if (timers.length === 0) return;
  const armed = await sql<{ due_at: Date }>`
    insert into millrace.timer (kind, dataset_id, due_at)
    select 'freshness', dataset_id, to_timestamp(due_ms / 1000.0)
    from ${records(timers, "dataset_id bigint, due_ms bigint")} order by dataset_id
    on conflict (dataset_id) where kind = 'freshness' do update set due_at = excluded.due_at
    returning due_at`.execute(tx);
  armed.rows.forEach(({ due_at }) => log.timer(due_at));
}

/** Takes away the timers of datasets. */
export async function disarm(tx: Tx, datasetIds: readonly number[]): Promise<void> {
  if (datasetIds.length === 0) return;
  await sql`delete from millrace.timer
    where kind = 'freshness' and dataset_id = any(${datasetIds}::bigint[])`.execute(tx);
}

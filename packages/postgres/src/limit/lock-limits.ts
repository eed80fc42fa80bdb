import { sql } from "kysely";
import type { LimitSetting } from "../afterwards.ts";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import type { TaskWant } from "./wanted-limits.ts";

/** Of each limit, waiters whose other limits are locked with it. */
const NEAR_MAX = 50;

export interface LockedLimit {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly declared: number | null;
  readonly per_ms: number | null;
}

/** Which limits a transaction has to do with. */
export interface LimitUse {
  readonly wants: readonly TaskWant[];
  readonly freed: readonly number[];
  readonly settings: readonly LimitSetting[];
}

/**
 * Locks limits by id: those that are wanted, freed or to be set, and the others that their first
 * waiters want as well. Keyed ones come about here, with the first who wants them.
 */
export async function lockLimits(
  tx: Tx,
  { wants, freed, settings }: LimitUse,
): Promise<readonly LockedLimit[]> {
  const wanted = distinct(wants);
  const own = wanted.filter(({ kind }) => kind !== "namespace" && kind !== "all");
  const named = [...wanted, ...settings].map(({ kind, name }) => ({ kind, name }));
  const missing = [...own, ...settings.map(toMissing)];
  if (missing.length > 0) await insertMissing(tx, missing);
  const { rows } = await sql<LockedLimit>`
    with target as materialized (
      select l.id from ${records(named, "kind text, name text")}
      join millrace.task_limit l on l.kind = x.kind and l.name = x.name
      union select unnest(${freed}::bigint[])
    ),
    near as (
      select distinct best.task_run_id from target, lateral (
        select task_run_id from millrace.limit_wanted w where w.limit_id = target.id
        order by w.rank, w.task_run_id limit ${NEAR_MAX}
      ) best
    )
    select l.id, l.kind, l.name, l.declared, l.per_ms from millrace.task_limit l
    where l.id in (
      select id from target
      union select w.limit_id from near join millrace.limit_wanted w using (task_run_id)
    )
    order by l.id for no key update of l`.execute(tx);
  const found = new Set(rows.map(({ kind, name }) => `${kind} ${name}`));
  if (own.some(({ kind, name }) => !found.has(`${kind} ${name}`))) throw cleanedUp();
  await declareAnew(tx, rows, own);
  return rows;
}

type MissingLimit = Pick<TaskWant, "name" | "declared" | "perMs"> & { readonly kind: string };

function toMissing({ kind, name, set }: LimitSetting): MissingLimit {
  return { kind, name, declared: "declared" in set ? set.declared : null, perMs: null };
}

function distinct(wants: readonly TaskWant[]): readonly TaskWant[] {
  return [...new Map(wants.map((want) => [`${want.kind} ${want.name}`, want])).values()];
}

/** Before any limit is locked, and by name: so that two who make the same never wait in a circle. */
async function insertMissing(tx: Tx, wants: readonly MissingLimit[]): Promise<void> {
  const rows = wants.map(({ kind, name, declared, perMs }) => {
    return { kind, name, declared, per_ms: perMs };
  });
  await sql`
    insert into millrace.task_limit (kind, name, declared, per_ms)
    select x.kind, x.name, x.declared, x.per_ms
    from ${records(rows, "kind text, name text, declared int, per_ms bigint")}
    where not exists (
      select from millrace.task_limit l where l.kind = x.kind and l.name = x.name
    )
    order by x.kind, x.name
    on conflict (kind, name) do nothing`.execute(tx);
}

/** The sweep took an idle limit away between two statements: the transaction begins anew. */
function cleanedUp(): Error {
  return Object.assign(new Error("a limit was cleaned up while it was taken"), { code: "40001" });
}

/** Keys and rates are what the newest definition says. */
async function declareAnew(
  tx: Tx,
  rows: readonly LockedLimit[],
  own: readonly TaskWant[],
): Promise<void> {
  const wanted = new Map(own.map((want) => [`${want.kind} ${want.name}`, want]));
  const changed = rows.flatMap(({ id, kind, name, declared, per_ms }) => {
    const want = wanted.get(`${kind} ${name}`);
    if (want === undefined || kind === "pool") return [];
    if (want.declared === declared && want.perMs === per_ms) return [];
    return [{ id, declared: want.declared, per_ms: want.perMs }];
  });
  if (changed.length === 0) return;
  await sql`update millrace.task_limit l set declared = x.declared, per_ms = x.per_ms
    from ${records(changed, "id bigint, declared int, per_ms bigint")}
    where l.id = x.id`.execute(tx);
}

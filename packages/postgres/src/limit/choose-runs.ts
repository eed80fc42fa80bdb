import { admitWaiters, type LimitRoom, type LimitWaiter } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/** A pipeline under its lock, and which limits its queued runs stand at besides its own. */
export interface LockedPipeline {
  readonly id: number;
  readonly namespace: string;
  readonly max_active_runs: number | null;
  /** Its namespace, or all, may have only so many runs at once. */
  readonly scoped: boolean;
  /** Runs of it wait that are limited by a key. */
  readonly keyed: boolean;
}

/**
 * Locks pipelines by id, whose rows are the locks of their limits. What holds their runs is read
 * in a statement of its own: under the locks, and with what the former holders did.
 */
export async function lockPipelines(
  tx: Tx,
  ids: readonly number[],
): Promise<readonly LockedPipeline[]> {
  await sql`select id from millrace.pipeline where id = any(${ids}::bigint[])
    order by id for no key update`.execute(tx);
  const { rows } = await sql<LockedPipeline>`
    select p.id, p.namespace, p.max_active_runs,
      exists (
        select from millrace.run_limit l
        where l.slots is not null and (l.kind = 'all' or l.name = p.namespace)
      ) as scoped,
      exists (
        select from millrace.run_queued q
        where q.pipeline_id = p.id and q.concurrency_key is not null
      ) as keyed
    from millrace.pipeline p where p.id = any(${ids}::bigint[]) order by p.id`.execute(tx);
  return rows;
}

interface QueuedRun {
  readonly run_id: number;
  readonly pipeline_id: number;
  readonly concurrency_key: string | null;
  readonly key_limit: number | null;
}

/**
 * Of each pipeline and key, queued runs that are looked at: no more than could begin, so that long
 * lines at some keys do not hide another one with room.
 */
const LINE_MAX = 100;
const QUEUED_MAX = 1_000;

/**
 * Chooses which queued runs begin where more than their pipeline's limit holds them: oldest first,
 * live ones before those of backfills, and nobody behind one that waits for something else.
 */
export async function chooseRuns(
  tx: Tx,
  locked: readonly LockedPipeline[],
): Promise<readonly number[]> {
  const scopes = await lockScopes(tx, locked);
  const others = scopes.length === 0 ? [] : await lockOthers(tx, scopes);
  const pipelineOf = new Map([...locked, ...others].map((each) => [each.id, each]));
  const ids = [...pipelineOf.keys()];
  const { rows } = await sql<QueuedRun>`
    select q.run_id, q.pipeline_id, q.concurrency_key, q.key_limit from (
      select *, row_number() over (
        partition by pipeline_id, concurrency_key order by backfill, run_id
      ) as place
      from millrace.run_queued where pipeline_id = any(${ids}::bigint[])
    ) q join millrace.pipeline p on p.id = q.pipeline_id
    where q.place <= least(${LINE_MAX}::int, q.key_limit, p.max_active_runs)
    order by q.backfill, q.run_id limit ${QUEUED_MAX}`.execute(tx);
  if (rows.length === 0) return [];
  const lines = new Lines(await countActive(tx, ids, scopes.length > 0), scopes);
  const waiters = rows.map((row) => lines.join(row, pipelineOf.get(row.pipeline_id)));
  return admitWaiters(lines.rooms, waiters).admitted;
}

interface Scope {
  readonly kind: string;
  readonly name: string;
  readonly slots: number;
}

/**
 * After the pipelines. Where all have a limit, runs of any namespace may be chosen: so the limits of
 * all namespaces are among them.
 */
async function lockScopes(tx: Tx, pipelines: readonly LockedPipeline[]): Promise<readonly Scope[]> {
  const namespaces = pipelines.flatMap(({ scoped, namespace }) => (scoped ? namespace : []));
  if (namespaces.length === 0) return [];
  const { rows } = await sql<Scope>`
    select kind, name, slots from millrace.run_limit
    where slots is not null and (
      kind = 'all' or name = any(${[...new Set(namespaces)]}::text[])
      or exists (select from millrace.run_limit a where a.kind = 'all' and a.slots is not null)
    )
    order by id for no key update`.execute(tx);
  return rows;
}

/**
 * The other pipelines with runs that wait for the same room. They come after the limits, against
 * the order, so nobody is waited for: who holds one of them looks for room after us.
 */
async function lockOthers(tx: Tx, scopes: readonly Scope[]): Promise<readonly LockedPipeline[]> {
  const names = scopes.filter(({ kind }) => kind === "namespace").map(({ name }) => name);
  const { rows } = await sql<LockedPipeline>`
    select p.id, p.namespace, p.max_active_runs, true as scoped, true as keyed
    from millrace.pipeline p where (${names.length < scopes.length} or p.namespace = any(${names}))
      and exists (select from millrace.run_queued q where q.pipeline_id = p.id)
    order by p.id for no key update of p skip locked`.execute(tx);
  return rows;
}

interface ActiveCount {
  readonly pipeline_id: number;
  readonly namespace: string;
  readonly concurrency_key: string | null;
  readonly n: number;
}

async function countActive(
  tx: Tx,
  pipelineIds: readonly number[],
  all: boolean,
): Promise<readonly ActiveCount[]> {
  const { rows } = await sql<ActiveCount>`
    select a.pipeline_id, p.namespace, a.concurrency_key, count(*)::int as n
    from millrace.run_active a join millrace.pipeline p on p.id = a.pipeline_id
    where ${all} or a.pipeline_id = any(${pipelineIds}::bigint[])
    group by a.pipeline_id, p.namespace, a.concurrency_key`.execute(tx);
  return rows;
}

/** The limits of runs as the pure decision takes them: numbered, with what is taken of each. */
class Lines {
  readonly rooms: Map<number, LimitRoom> = new Map();
  readonly #ids: Map<string, number> = new Map();
  readonly #active: readonly ActiveCount[];
  readonly #scopes: readonly Scope[];

  constructor(active: readonly ActiveCount[], scopes: readonly Scope[]) {
    this.#active = active;
    this.#scopes = scopes;
  }

  join(run: QueuedRun, pipeline: LockedPipeline | undefined): LimitWaiter {
    const { pipeline_id, concurrency_key: key, key_limit } = run;
    const limits = [
      this.#limit(`pipeline ${pipeline_id}`, pipeline?.max_active_runs ?? null, (active) => {
        return active.pipeline_id === pipeline_id;
      }),
      ...(key === null
        ? []
        : [
            this.#limit(`key ${pipeline_id} ${key}`, key_limit, (active) => {
              return active.pipeline_id === pipeline_id && active.concurrency_key === key;
            }),
          ]),
      ...this.#scopes
        .filter(({ kind, name }) => kind === "all" || name === pipeline?.namespace)
        .map(({ kind, name, slots }) =>
          this.#limit(`${kind} ${name}`, slots, ({ namespace }) => {
            return kind === "all" || namespace === name;
          }),
        ),
    ];
    return { id: run.run_id, wants: limits.map((limitId) => ({ limitId, slots: 1 })) };
  }

  #limit(name: string, capacity: number | null, counts: (active: ActiveCount) => boolean): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const limitId = this.#ids.size;
    const taken = this.#active.filter(counts).reduce((sum, { n }) => sum + n, 0);
    this.#ids.set(name, limitId);
    this.rooms.set(limitId, { capacity, taken, isHeld: true });
    return limitId;
  }
}

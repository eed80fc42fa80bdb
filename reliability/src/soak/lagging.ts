import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { type Rig, startRig } from "./rig.ts";

export interface LaggingResult {
  readonly updates: number;
  readonly seconds: number;
  readonly updatesPerS: number;
  /** Before the first and after the last. */
  readonly rssStartMb: number;
  readonly rssMaxMb: number;
  readonly runs: number;
  /** Runs of one pipeline that were active at once, at most. */
  readonly activeMax: number;
  /** Updates that ended without exactly one disposition, or in no run. */
  readonly lost: number;
  readonly doubled: number;
}

/** Nothing is pruned: what became of each update must be there to be counted. */
const KEEP_ALL = { retention: null };

/** Updates that wait in the outbox, as if nobody had evaluated for long: two workers drain it. */
export function drainBacklog(count: number, tell: (left: number) => void): Promise<LaggingResult> {
  return withRig(async (rig) => {
    await insertPast(rig, "bulk", count);
    return untilConsumed(rig, { dataset: "bulk", pipeline: "drain", count }, tell);
  });
}

/** A pipeline that was paused for a week, while updates came: resumed, it catches up. */
export function catchUp(count: number, tell: (left: number) => void): Promise<LaggingResult> {
  return withRig(async (rig) => {
    const pipeline = "default/catch-up";
    await rig.store.pause({ pipeline, trigger: null }, "soak");
    await insertPast(rig, "kept", count);
    while ((await countOf(rig, sql`millrace.fact_pending`)) > 0) await sleep(1_000);
    tell(await countOf(rig, sql`millrace.delivery_pending`));
    rig.followUps.follow(await rig.store.resume({ pipeline, trigger: null }));
    return untilConsumed(rig, { dataset: "kept", pipeline: "catch-up", count }, tell);
  });
}

async function withRig(work: (rig: Rig) => Promise<LaggingResult>): Promise<LaggingResult> {
  const rig = await startRig({ workers: 2, slots: 10, pruning: KEEP_ALL });
  try {
    await rig.startWorkers();
    return await work(rig);
  } finally {
    await rig.stop();
  }
}

const INSERT_MAX = 50_000;

/** In the shape of the intake, over a week until now. */
async function insertPast(rig: Rig, dataset: string, count: number): Promise<void> {
  const { db } = rig.database;
  for (let done = 0; done < count; done += INSERT_MAX) {
    const size = Math.min(INSERT_MAX, count - done);
    await sql`
      with fact as (
        insert into millrace.update (dataset_id, partition, kind, metadata, source_type,
          source_key, correlation_id, hop, at)
        select d.id, '{}', 'changed', '{"rows": 1}', 'soak', 'past', 'past', 0,
          millrace.now() - (1 - (${done}::float8 + n) / ${count}) * interval '7 days'
        from millrace.dataset d, generate_series(1, ${size}::int) n where d.name = ${dataset}
        returning id
      )
      insert into millrace.fact_pending (kind, id, since)
      select 'update', id, millrace.now() from fact`.execute(db);
    await rig.store.makeRanges(100_000);
  }
  await sql`analyze`.execute(db);
}

async function untilConsumed(
  rig: Rig,
  { dataset, pipeline, count }: { dataset: string; pipeline: string; count: number },
  tell: (left: number) => void,
): Promise<LaggingResult> {
  const rssStartMb = rig.memory().rssMb;
  const begun = performance.now();
  let activeMax = 0;
  for (let left = count; left > 0;) {
    await sleep(1_000);
    activeMax = Math.max(activeMax, await countOf(rig, sql`millrace.run_active`));
    left = await openOf(rig);
    tell(left);
  }
  const seconds = (performance.now() - begun) / 1_000;
  return {
    updates: count,
    seconds: Math.round(seconds),
    updatesPerS: Math.round(count / seconds),
    rssStartMb,
    rssMaxMb: rig.memory().rssMaxMb,
    activeMax,
    ...(await account(rig, dataset, pipeline)),
  };
}

/** Facts and deliveries that wait, and runs that have not ended. */
async function openOf(rig: Rig): Promise<number> {
  const kinds = [
    sql`millrace.fact_pending`,
    sql`millrace.delivery_pending`,
    sql`millrace.run_queued`,
    sql`millrace.run_active`,
  ];
  let open = 0;
  for (const kind of kinds) open += await countOf(rig, kind);
  return open;
}

async function countOf(rig: Rig, table: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ${table}`.execute(rig.database.db);
  return rows[0]?.n ?? 0;
}

async function account(
  rig: Rig,
  dataset: string,
  pipeline: string,
): Promise<Pick<LaggingResult, "runs" | "lost" | "doubled">> {
  const { rows } = await sql<{ runs: number; lost: number; doubled: number }>`
    select
      (select count(*)::int from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
        where p.name = ${pipeline} and r.state = 'succeeded') as runs,
      count(*) filter (where n = 0)::int as lost, count(*) filter (where n > 1)::int as doubled
    from (
      select u.id, count(r.id) as n from millrace.update u
      join millrace.dataset d on d.id = u.dataset_id and d.name = ${dataset}
      left join millrace.delivery v on v.fact_kind = 'update' and v.fact_id = u.id
        and v.disposition in ('started', 'included')
      left join millrace.run r on r.id = v.run_id and r.state = 'succeeded'
      group by u.id
    ) consumed`.execute(rig.database.db);
  const [row] = rows;
  if (row === undefined) throw new Error("nothing was counted");
  return row;
}

import { type RawBuilder, sql } from "kysely";
import type { Rig } from "./rig.ts";

/** What there is at one moment, and what happened since the last. */
export interface Sample {
  readonly atS: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly deadTuples: number;
  readonly databaseMb: number;
  /** From ready to claimed, of attempts that started since the last sample. */
  readonly claimed: number;
  readonly claimP50Ms: number;
  readonly claimP99Ms: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

/** The parts of the update log count together. */
const TABLES = sql`
  select relname from pg_class
  where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'p') and not relispartition
  order by relname`;

export async function takeSample(rig: Rig, atS: number, sinceS: number): Promise<Sample> {
  const { db } = rig.database;
  const one = async <Row>(query: RawBuilder<Row>): Promise<Row> => {
    const [row] = (await query.execute(db)).rows;
    if (row === undefined) throw new Error("a sample without a row");
    return row;
  };
  const names = (await (TABLES as RawBuilder<{ relname: string }>).execute(db)).rows;
  const counts = sql.join(
    names.map(
      ({ relname }) =>
        sql`select ${relname}::text as name, count(*)::int as n from ${sql.table(`millrace.${relname}`)}`,
    ),
    sql` union all `,
  );
  const rows = (await sql<{ name: string; n: number }>`${counts}`.execute(db)).rows;
  const size = await one(sql<{ mb: number; dead: number }>`
    select (pg_database_size(current_database()) / 1048576.0)::float8 as mb,
      (select sum(n_dead_tup) from pg_stat_user_tables)::float8 as dead`);
  const claims = await one(sql<{ n: number; p50: number | null; p99: number | null }>`
    select count(*)::int as n, percentile_cont(0.5) within group (order by ms) as p50,
      percentile_cont(0.99) within group (order by ms) as p99
    from (
      select (extract(epoch from started_at - queued_at) * 1000)::float8 as ms
      from millrace.task_run
      where started_at > millrace.now() - ${sinceS}::float8 * interval '1 second'
    ) t`);
  const { rssMb, heapMb } = rig.memory();
  return {
    atS: Math.round(atS),
    rows: Object.fromEntries(rows.map(({ name, n }) => [name, n])),
    deadTuples: size.dead,
    databaseMb: Math.round(size.mb),
    claimed: claims.n,
    claimP50Ms: round(claims.p50),
    claimP99Ms: round(claims.p99),
    rssMb,
    heapMb,
  };
}

function round(value: number | null): number {
  return Math.round((value ?? 0) * 10) / 10;
}

import {
  type BenchDatabase,
  type BenchServer,
  openBenchDatabase,
  openBenchServer,
  startBenchRedis,
} from "../bench-server.ts";
import type { Counted, CountCase } from "../harness.ts";
import { diamondOfTen, openDagLoad } from "./dag-load.ts";

const TASKS = 10;
/** Kinds of records that are told of. */
const PARTS = 8;

/** Counters of the server do not depend on how busy the machine is. */
export const walCase: CountCase = {
  name: "engine-wal",
  title: "Write-ahead log for a task that does nothing, without full-page images",
  unit: "bytes",
  goal: { atMost: 1_500 },
  isQuick: true,
  count: (quick) => onCountingServer((server) => countBytes(server, runsOf(quick))),
};

/** An update that finds no room on its page writes to every index of the table. */
export const hotCase: CountCase = {
  name: "engine-hot",
  title: "Share of the updates of task runs that left their page",
  unit: "",
  goal: { atMost: 0.05 },
  isQuick: true,
  count: (quick) => onCountingServer((server) => countMoves(server, runsOf(quick))),
};

function runsOf(quick: boolean): number {
  return quick ? 100 : 1_000;
}

async function onCountingServer(
  count: (server: BenchServer) => Promise<Counted>,
): Promise<Counted> {
  // Full-page images depend on when a checkpoint was last.
  const server = await openBenchServer(["full_page_writes=off", "autovacuum=off"]);
  try {
    return await count(server);
  } finally {
    await server.stop();
  }
}

async function countBytes(server: BenchServer, runs: number): Promise<Counted> {
  const database = await server.database("wal");
  const { before, laid, after } = await workOn(database, runs);
  const [start, middle, end] = [before, laid, after].map((place) => `'${place}'::pg_lsn`);
  const [bytes] = await database.rows<{ first: number; rest: number }>(`
    select (${middle} - ${start})::float8 as first, (${end} - ${middle})::float8 as rest`);
  if (bytes === undefined) throw new Error("the server tells no difference of places in its log");
  const tasks = runs * TASKS;
  const each = (part: number) => Math.round(part / tasks).toLocaleString("en-US");
  return {
    value: (bytes.first + bytes.rest) / tasks,
    load: loadText(tasks),
    notes: [
      `of these ${each(bytes.first)} bytes for starting the runs, ${each(bytes.rest)} for the rest`,
      await partsText(database, { from: before, to: after, tasks }),
    ],
  };
}

async function countMoves(server: BenchServer, runs: number): Promise<Counted> {
  const database = await server.database("hot");
  await workOn(database, runs);
  const [row] = await database.rows<{ updated: number; hot: number; fill: string | null }>(`
    select n_tup_upd::float8 as updated, n_tup_hot_upd::float8 as hot,
      array_to_string(c.reloptions, ', ') as fill
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
    where s.schemaname = 'millrace' and s.relname = 'task_run'`);
  if (row === undefined || row.updated === 0)
    throw new Error("no update of a task run was counted");
  const percent = ((100 * row.hot) / row.updated).toFixed(1);
  return {
    value: 1 - row.hot / row.updated,
    load: loadText(runs * TASKS),
    notes: [
      `${percent} % of the updates stayed on their page (HOT; the goal is 95 %), with ${row.fill ?? "all of each page to be filled"}`,
    ],
  };
}

function loadText(tasks: number): string {
  return `${tasks.toLocaleString("en-US")} tasks in runs of ten, laid up beforehand`;
}

/** Places in the log: before there were runs, when they were laid up, and when they had ended. */
interface Places {
  readonly before: string;
  readonly laid: string;
  readonly after: string;
}

async function workOn(database: BenchDatabase, runs: number): Promise<Places> {
  const redis = await startBenchRedis();
  const own = await openBenchDatabase(database.url);
  const options = { database: own, redisUrl: redis.url, slots: 50 };
  const load = await openDagLoad({ ...options, definition: diamondOfTen });
  const before = await placeInLog(database);
  await load.lay(runs);
  const laid = await placeInLog(database);
  await load.work();
  const after = await placeInLog(database);
  // What a connection has counted is told when it ends; one that idles may wait ten seconds.
  await own.close();
  await redis.stop();
  await untilAlone(database);
  return { before, laid, after };
}

async function placeInLog(database: BenchDatabase): Promise<string> {
  const [row] = await database.rows<{ place: string }>(
    "select pg_current_wal_insert_lsn()::text as place",
  );
  return row?.place ?? "0/0";
}

/** Connections are still there for a moment after their clients have left. */
async function untilAlone(database: BenchDatabase): Promise<void> {
  for (let others = 1; others > 0;) {
    const [row] = await database.rows<{ others: number }>(`
      select count(*)::int as others from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    others = row?.others ?? 0;
    if (others > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Stretch {
  readonly from: string;
  readonly to: string;
  readonly tasks: number;
}

async function partsText(database: BenchDatabase, { from, to, tasks }: Stretch): Promise<string> {
  const [found] = await database.rows(
    "select from pg_available_extensions where name = 'pg_walinspect'",
  );
  if (found === undefined) return "this Postgres has no pg_walinspect, which would tell the parts";
  await database.execute("create extension pg_walinspect");
  const parts = await database.rows<{ kind: string; bytes: number; count: number }>(`
    select "resource_manager/record_type" as kind, record_size::float8 as bytes,
      count::float8 as count
    from pg_get_wal_stats('${from}', '${to}', true)
    where count > 0 order by record_size desc limit ${PARTS}`);
  const texts = parts.map(
    ({ kind, bytes, count }) =>
      `${kind} ${Math.round(bytes / tasks)} bytes (${(count / tasks).toFixed(1)} records)`,
  );
  return `its largest parts, for a task: ${texts.join(", ")}`;
}

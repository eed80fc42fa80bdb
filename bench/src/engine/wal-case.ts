import { type BenchServer, openBenchServer, startBenchRedis } from "../bench-server.ts";
import type { Counted, CountCase } from "../harness.ts";
import { diamondOfTen, openDagLoad } from "./dag-load.ts";

const TASKS = 10;

/** Counters of the server do not depend on how busy the machine is. */
export const walCase: CountCase = {
  name: "engine-wal",
  title: "Bytes of write-ahead log for a task that does nothing, without full-page images",
  goal: { atMost: 1_500 },
  async count(quick) {
    // Full-page images depend on when a checkpoint was last.
    const server = await openBenchServer(["full_page_writes=off", "autovacuum=off"]);
    try {
      return await count(server, quick ? 100 : 1_000);
    } finally {
      await server.stop();
    }
  },
};

async function count(server: BenchServer, runs: number): Promise<Counted> {
  const redis = await startBenchRedis();
  const database = await server.database("wal");
  const options = { database, redisUrl: redis.url, slots: 50 };
  const load = await openDagLoad({ ...options, definition: diamondOfTen });
  const tasks = runs * TASKS;
  const before = await seen(database);
  await load.lay(runs);
  const laid = await seen(database);
  await load.work();
  const after = await seen(database);
  await redis.stop();
  const each = (bytes: number) => Math.round(bytes / tasks).toLocaleString("en-US");
  const hot = (after.hot - before.hot) / Math.max(1, after.updated - before.updated);
  return {
    value: (after.bytes - before.bytes) / tasks,
    load: `${tasks.toLocaleString("en-US")} tasks in runs of ten, laid up beforehand`,
    notes: [
      `of these ${each(laid.bytes - before.bytes)} bytes for starting the runs, ${each(after.bytes - laid.bytes)} for the rest`,
      `${(hot * 100).toFixed(1)} % of the updates of task runs stayed on their page (goal: at least 95 %)`,
    ],
  };
}

interface Seen {
  readonly bytes: number;
  readonly updated: number;
  readonly hot: number;
}

async function seen(database: Awaited<ReturnType<BenchServer["database"]>>): Promise<Seen> {
  // What a connection has counted is told when it idles, or when it is asked to.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const [row] = await database.rows<Seen>(`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes,
      n_tup_upd::float8 as updated, n_tup_hot_upd::float8 as hot
    from pg_stat_user_tables where schemaname = 'millrace' and relname = 'task_run'`);
  if (row === undefined) throw new Error("the server counts nothing for task runs");
  return row;
}

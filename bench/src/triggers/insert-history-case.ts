import type { BenchCase, PreparedCase } from "../harness.ts";
import { type BenchDatabase, type BenchServer, onServer } from "../bench-server.ts";
import { idOf, subscriberTo } from "./subscriber-specs.ts";

const WATCHED = "watched";
const OLD = 10_000_000;
/** Half of the smallest range of the log: each next one is made in time, as a pruner does it. */
const LAID_AT_ONCE = 50_000;
const RANGE_ROWS_MIN = 100_000;
const CALLS = 10;
const UPDATES_OF_A_CALL = 20;

/** Telling of an update must not cost more because of all that were told before. */
export const insertHistoryCase: BenchCase = {
  name: "triggers-insert-history",
  title: "Recording updates after ten million others, against after none",
  ratioGoal: 1.35,
  prepare: (quick) => onServer((server) => prepare(server, quick ? 100_000 : OLD)),
};

async function prepare(server: BenchServer, past: number): Promise<PreparedCase> {
  const young = await openSide(await server.database("young"));
  const old = await openSide(await server.database("old"));
  for (let laid = 0; laid < past; laid += LAID_AT_ONCE) {
    await old.execute(pastUpdates(Math.min(LAID_AT_ONCE, past - laid)));
    await old.store.makeRanges(RANGE_ROWS_MIN);
  }
  for (const database of [young, old]) await database.execute("vacuum analyze");
  await old.execute("checkpoint");
  return {
    load: `${past.toLocaleString("en-US")} updates of the past against none; ${CALLS} calls with ${UPDATES_OF_A_CALL} updates each`,
    ours: () => record(old),
    baseline: () => record(young),
    notes: () => ["the past is inserted as rows, and has been evaluated"],
  };
}

async function openSide(database: BenchDatabase): Promise<BenchDatabase> {
  await database.register({ name: "bench", pipelines: [subscriberTo("consumer", [WATCHED])] });
  return database;
}

async function record(database: BenchDatabase): Promise<void> {
  const datasets = Array.from({ length: UPDATES_OF_A_CALL }, () => idOf(WATCHED));
  for (let made = 0; made < CALLS; made += 1) await database.record(datasets);
}

function pastUpdates(count: number): string {
  return `insert into millrace.update
      (dataset_id, partition, kind, uri, metadata, source_type, source_key, correlation_id, hop)
    select d.id, '{}', 'changed', 's3://lake/watched.csv', '{"rows": 1}', 'api', 'bench',
      'update_' || n, 0
    from millrace.dataset d, generate_series(1, ${count}) n where d.name = '${WATCHED}'`;
}

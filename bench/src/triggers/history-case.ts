import type { Fact } from "@millrace/core/internal";
import type { BenchCase, PreparedCase } from "../harness.ts";
import { type BenchDatabase, type BenchServer, onServer } from "../bench-server.ts";
import { expectStarts } from "./bulk-case.ts";
import { idOf, subscriberTo } from "./subscriber-specs.ts";

const WATCHED = "watched";
const SHORT = 1_000;
/** More take minutes to insert: ask for them by MILLRACE_BENCH_UPDATES. */
const LONG = Number(process.env["MILLRACE_BENCH_UPDATES"] ?? 2_000_000);
const EVALUATIONS = 20;

/** Evaluating an update must not cost more because of all the updates that there were. */
export const historyCase: BenchCase = {
  name: "triggers-history",
  title: "Evaluating one update after a long history, against after a short one",
  ratioGoal: 1.5,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const long = quick ? 100_000 : LONG;
  const brief = await openSide(await server.database("brief"), SHORT);
  const old = await openSide(await server.database("old"), long);
  await brief.database.execute("checkpoint");
  const count = (number: number) => number.toLocaleString("en-US");
  return {
    load: `${count(long)} past updates against ${count(SHORT)}; ${EVALUATIONS} updates, one a call`,
    async before() {
      await brief.record();
      await old.record();
    },
    ours: () => old.evaluate(),
    baseline: () => brief.evaluate(),
    notes: () => [
      "the past is inserted as rows: updates of the one dataset, and a delivery that started a run for one in ten of them",
    ],
  };
}

interface Side {
  readonly database: BenchDatabase;
  record(): Promise<void>;
  evaluate(): Promise<void>;
}

async function openSide(database: BenchDatabase, updates: number): Promise<Side> {
  await database.register({ name: "bench", pipelines: [subscriberTo("consumer", [WATCHED])] });
  // A real one first, so that there is a group whose past can be long.
  await database.store.evaluate(await database.record([idOf(WATCHED)]));
  await database.execute(pastUpdates(updates));
  await database.execute(pastDeliveries(Math.round(updates / 10)));
  await database.execute("vacuum analyze");
  let facts: readonly Fact[] = [];
  return {
    database,
    async record() {
      facts = await database.record(Array.from({ length: EVALUATIONS }, () => idOf(WATCHED)));
    },
    async evaluate() {
      for (const fact of facts) expectStarts(await database.store.evaluate([fact]), 1);
    },
  };
}

function pastUpdates(count: number): string {
  return `insert into millrace.update
      (dataset_id, partition, kind, metadata, source_type, source_key, correlation_id, hop, at)
    select d.id, '{}', 'changed', '{"rows": 1}', 'api', 'bench', 'update_' || n, 0,
      now() - (${count} - n) * interval '1 second'
    from millrace.dataset d, generate_series(1, ${count}) n where d.name = '${WATCHED}'`;
}

function pastDeliveries(count: number): string {
  return `insert into millrace.delivery
      (trigger_id, fact_kind, fact_id, group_id, position, legs, disposition, run_id, at)
    select g.trigger_id, 'update', u.id, g.id, -row_number() over (), '{0}', 'started', u.id, u.at
    from millrace.trigger_group g,
      (select id, at from millrace.update order by id offset 1 limit ${count}) u`;
}

import type { JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import { type Finding, finding } from "./finding.ts";
import type { Intent, Ledger } from "./ledger.ts";
import { plain, type World } from "./world.ts";

/** Which trigger each fact is for; the project says the same in its own words. */
const TRIGGERS: readonly {
  readonly of: string;
  readonly pipeline: string;
  readonly each: boolean;
}[] = [
  { of: "raw", pipeline: "refine", each: true },
  { of: "mid", pipeline: "finish", each: true },
  { of: "end", pipeline: "sum", each: false },
  { of: "left", pipeline: "join", each: false },
  { of: "right", pipeline: "join", each: false },
  { of: "lines", pipeline: "bundle", each: false },
  { of: "parts", pipeline: "spread", each: true },
  { of: "chaos.asked", pipeline: "answer", each: true },
  { of: "labour", pipeline: "notice", each: true },
];

/** What was intended against what is there, and what is there against what it started. */
export async function judgeFacts(world: World, ledger: Ledger): Promise<readonly Finding[]> {
  return [
    ...ledger.unconfirmed.map((intent) => finding("lost", "it was never confirmed", json(intent))),
    ...judgeIntents(ledger, await loadTold(world)),
    ...(await judgeDeliveries(world)),
    ...(await judgeEach(world)),
  ];
}

interface Told {
  readonly id: string | null;
  readonly what: Intent["what"];
  readonly count: number;
}

/** By the name that the driver gave it, how often each fact is there. */
async function loadTold({ direct }: World): Promise<readonly Told[]> {
  const { rows } = await sql<Told>`
    select id, what, count(*)::int as count from (
      select metadata ->> 'id' as id, 'update' as what from millrace.update
      where source_type = 'chaos'
      union all
      select data ->> 'id', 'event' from millrace.event where source_type = 'chaos'
      union all
      select k.key, 'run' from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
      left join millrace.run_key k on k.run_id = r.id
      where p.name = 'labour'
    ) told group by id, what`.execute(plain(direct));
  return rows;
}

function judgeIntents(ledger: Ledger, told: readonly Told[]): readonly Finding[] {
  const known = new Map(told.map((each) => [`${each.what} ${each.id}`, each]));
  const intended = new Set(ledger.intents.map(({ what, id }) => `${what} ${id}`));
  const lost = ledger.intents.filter(({ what, id }) => !known.has(`${what} ${id}`));
  const doubled = told.filter(({ count }) => count > 1);
  const unasked = told.filter(({ what, id }) => !intended.has(`${what} ${id}`));
  return [
    ...lost.map((intent) => finding("lost", "it was confirmed and is not there", json(intent))),
    ...doubled.map((each) => finding("doubled", "it is there more than once", json(each))),
    ...unasked.map((each) => finding("doubled", "it is there and nobody asked for it", json(each))),
  ];
}

interface FactRow {
  readonly kind: string;
  readonly id: number;
  readonly of: string;
  readonly deliveries: number;
  readonly consumed: number;
  readonly pending: number;
}

/** Each fact has one delivery at the trigger that it is for, and one run has consumed it. */
async function judgeDeliveries({ direct }: World): Promise<readonly Finding[]> {
  const { rows } = await sql<FactRow>`
    with fact as (
      select 'update' as kind, u.id, d.name as of from millrace.update u
      join millrace.dataset d on d.id = u.dataset_id
      union all select 'event', id, name from millrace.event where source_type = 'chaos'
      union all select 'run', r.id, p.name from millrace.run r
      join millrace.pipeline p on p.id = r.pipeline_id where p.name = 'labour'
    ),
    meant as (
      select t.id as trigger_id, m.of from millrace.trigger t
      join millrace.pipeline p on p.id = t.pipeline_id
      join jsonb_to_recordset(${JSON.stringify(TRIGGERS)}::jsonb) as m (of text, pipeline text)
        on m.pipeline = p.name
    )
    select f.kind, f.id, f.of, count(d.id)::int as deliveries,
      count(d.id) filter (where d.run_id is not null)::int as consumed,
      count(w.delivery_id)::int as pending
    from fact f join meant m on m.of = f.of
    left join millrace.delivery d
      on d.trigger_id = m.trigger_id and d.fact_kind = f.kind and d.fact_id = f.id
    left join millrace.delivery_pending w on w.delivery_id = d.id
    group by f.kind, f.id, f.of
    having count(d.id) <> 1 or count(d.id) filter (where d.run_id is not null) <> 1
    order by f.kind, f.id`.execute(plain(direct));
  return rows.flatMap((row) => {
    // The one side of a pair may wait for the other for ever.
    const waits = row.deliveries === 1 && row.pending === 1;
    if (waits && (row.of === "left" || row.of === "right")) return [];
    const isDoubled = row.deliveries > 1 || row.consumed > 1;
    const what = `${row.kind} ${row.id} of ${row.of} was consumed by ${row.consumed} runs`;
    return [finding(isDoubled ? "doubled" : "lost", what, json(row))];
  });
}

/** Where each fact starts a run of its own, there are as many runs as facts were consumed. */
async function judgeEach({ direct }: World): Promise<readonly Finding[]> {
  const names = TRIGGERS.filter(({ each }) => each).map(({ pipeline }) => pipeline);
  const { rows } = await sql<{ id: number; pipeline: string; consumed: number }>`
    select r.id, p.name as pipeline, count(d.id)::int as consumed from millrace.run r
    join millrace.pipeline p on p.id = r.pipeline_id
    left join millrace.delivery d on d.run_id = r.id
    where p.name = any(${names})
    group by r.id, p.name having count(d.id) <> 1`.execute(plain(direct));
  return rows.map((row) =>
    finding(
      "doubled",
      `run ${row.id} of ${row.pipeline} consumed ${row.consumed} facts`,
      json(row),
    ),
  );
}

function json(row: object): JsonValue {
  return { ...row } as JsonValue;
}

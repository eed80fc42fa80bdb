import type { Fact } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { records } from "../records.ts";
import type { AfterwardsLog } from "../afterwards.ts";
import type { Tx } from "../transact.ts";

/** A wait that somebody asked to be looked at, and the event that may answer it. */
export interface StepWake {
  readonly stepId: number;
  /** Its time was up. */
  readonly isTimer: boolean;
  readonly eventId: number | null;
}

/** Wakes by what has to be done about them, each in a transaction of its own. */
export interface SortedWakes {
  /** Calls whose run has to be started. */
  readonly start: readonly Fact[];
  /** Calls that nobody waits for any more, whose run is to stop. */
  readonly stop: readonly Fact[];
  /** Waits that may have an answer. */
  readonly answer: readonly Fact[];
  /** Backfills of which a run has ended. */
  readonly backfill: readonly Fact[];
  /** Those of groups, with all other facts. */
  readonly others: readonly Fact[];
}

/** What it finds may be out of date: each transaction looks again under its locks. */
export async function sortWakes(database: Database, facts: readonly Fact[]): Promise<SortedWakes> {
  const ids = facts.flatMap(({ kind, id }) => (kind === "wake" ? [id] : []));
  if (ids.length === 0) return { start: [], stop: [], answer: [], backfill: [], others: facts };
  const { rows } = await sql<{ id: number; what: "start" | "stop" | "answer" | "backfill" }>`
    select w.id, case
        when w.backfill_id is not null then 'backfill'
        when s.wait ->> 'kind' is distinct from 'call' or w.fact_kind is not null then 'answer'
        when s.state <> 'waiting' then 'stop'
        when exists (
          select from millrace.run r where r.parent_run_id = s.run_id and r.parent_step_id = s.id
        ) then 'answer'
        else 'start' end as what
    from millrace.wake w left join millrace.step s on s.id = w.step_id
    where w.id = any(${ids}::bigint[]) and w.group_id is null`.execute(database.db);
  const whatOf = new Map(rows.map(({ id, what }) => [id, what]));
  const of = (wanted: string | undefined): readonly Fact[] =>
    facts.filter(({ kind, id }) => (kind === "wake" ? whatOf.get(id) : undefined) === wanted);
  return {
    start: of("start"),
    stop: of("stop"),
    answer: of("answer"),
    backfill: of("backfill"),
    others: of(undefined),
  };
}

/** Takes wakes out of their outbox: a wake is carried out by whoever deletes its row. */
export async function takeStepWakes(tx: Tx, wakes: readonly Fact[]): Promise<readonly StepWake[]> {
  const ids = wakes.map(({ id }) => id);
  const { rows } = await sql<{
    step_id: number;
    fact_kind: string | null;
    fact_id: number | null;
  }>`
    with mine as materialized (
      select id from millrace.wake where id = any(${ids}::bigint[]) order by id
      for update skip locked
    )
    delete from millrace.wake w using mine m where w.id = m.id and w.step_id is not null
    returning w.step_id, w.fact_kind, w.fact_id`.execute(tx);
  return rows.map(({ step_id, fact_kind, fact_id }) => ({
    stepId: step_id,
    isTimer: fact_kind === "timer",
    eventId: fact_kind === "event" ? fact_id : null,
  }));
}

/** Asks for waits to be looked at, because of a fact or anew. */
export async function wakeSteps(
  tx: Tx,
  log: AfterwardsLog,
  wakes: readonly { readonly step_id: number; readonly kind?: string; readonly id?: number }[],
): Promise<void> {
  if (wakes.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    insert into millrace.wake (step_id, fact_kind, fact_id)
    select step_id, kind, id from ${records(wakes, "step_id bigint, kind text, id bigint")}
    returning id`.execute(tx);
  rows.forEach(({ id }) => log.fact("wake", id));
}

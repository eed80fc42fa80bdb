import type { Fact, FactNote, Partition, RunNote, RunState } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

interface FactNoteRow {
  readonly kind: FactNote["kind"];
  readonly id: number;
  readonly name: string;
  readonly partition: string;
  readonly at: Date;
  readonly by_id: number | null;
  readonly by_pipeline: string;
  readonly by_state: RunState;
  readonly by_at: Date;
  readonly by_reason: string | null;
}

/** What there is to say of facts, by `kind id`. Those that do not exist are not in it. */
export async function loadFactNotes(
  tx: Tx,
  facts: readonly Fact[],
): Promise<ReadonlyMap<string, FactNote>> {
  if (facts.length === 0) return new Map();
  const { rows } = await sql<FactNoteRow>`
    select t.kind, t.id,
      coalesce(s.namespace || '/' || s.name, e.name, p.namespace || '/' || p.name) as name,
      coalesce(u.partition, r.partition, '{}') as partition,
      coalesce(u.at, e.at, r.ended_at, r.created_at) as at,
      m.id as by_id, mp.namespace || '/' || mp.name as by_pipeline, m.state as by_state,
      coalesce(m.ended_at, m.created_at) as by_at, m.reason as by_reason
    from ${records(facts, "kind text, id bigint", "t")}
    left join millrace.update u on t.kind = 'update' and u.id = t.id
    left join millrace.dataset s on s.id = u.dataset_id
    left join millrace.event e on t.kind = 'event' and e.id = t.id
    left join millrace.run r on t.kind = 'run' and r.id = t.id
    left join millrace.pipeline p on p.id = r.pipeline_id
    left join millrace.run m on m.id = coalesce(u.run_id, e.run_id)
    left join millrace.pipeline mp on mp.id = m.pipeline_id
    where coalesce(u.id, e.id, r.id) is not null`.execute(tx);
  return new Map(rows.map((row) => [factKey(row), toNote(row)]));
}

export function factKey({ kind, id }: Fact): string {
  return `${kind} ${id}`;
}

function toNote(row: FactNoteRow): FactNote {
  const { kind, id, name, by_id } = row;
  const partition = JSON.parse(row.partition) as Partition;
  const by: RunNote | null =
    by_id === null
      ? null
      : {
          id: by_id,
          pipeline: row.by_pipeline,
          state: row.by_state,
          at: row.by_at.getTime(),
          reason: row.by_reason,
        };
  return { kind, id, name, partition, at: row.at.getTime(), by };
}

export interface RunNoteRow {
  readonly id: number;
  readonly pipeline: string;
  readonly state: RunState;
  readonly at: Date;
  readonly reason: string | null;
}

export function toRunNote({ id, pipeline, state, at, reason }: RunNoteRow): RunNote {
  return { id, pipeline, state, at: at.getTime(), reason };
}

/** The newest run of each pipeline that has one. */
export async function loadLastRuns(
  tx: Tx,
  pipelineRowIds: readonly number[],
): Promise<ReadonlyMap<number, RunNote>> {
  if (pipelineRowIds.length === 0) return new Map();
  const { rows } = await sql<RunNoteRow & { pipeline_id: number }>`
    select p.id as pipeline_id, p.namespace || '/' || p.name as pipeline, r.id, r.state,
      coalesce(r.ended_at, r.created_at) as at, r.reason
    from millrace.pipeline p, lateral (
      select * from millrace.run r where r.pipeline_id = p.id order by r.id desc limit 1
    ) r
    where p.id = any(${[...pipelineRowIds]}::bigint[])`.execute(tx);
  return new Map(rows.map((row) => [row.pipeline_id, toRunNote(row)]));
}

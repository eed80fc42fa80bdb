import { type Answer, type Database, why } from "@millrace/postgres";
import { type QueryExecutorProvider, sql } from "kysely";
import type { Violation } from "./violation.ts";

/** Of each kind, the oldest that are asked about. */
const ASKED_MAX = 200;

/**
 * What waits at rest and cannot say for what: runs that have not ended, and facts that wait at
 * triggers. One that says that nothing holds it has been forgotten.
 */
export async function unexplained(db: QueryExecutorProvider): Promise<readonly Violation[]> {
  const { rows } = await sql<{ type: "run" | "update" | "event"; id: number }>`
    (select 'run' as type, id from millrace.run where ended_at is null
      and (state = 'queued' or not exists (
        select from millrace.running o where o.run_id = run.id
      ))
      order by id limit ${ASKED_MAX})
    union all
    (select distinct fact_kind, fact_id from millrace.delivery
      where disposition = 'waiting_for' and fact_kind in ('update', 'event')
      order by 2 limit ${ASKED_MAX})`.execute(db);
  const database = asDatabase(db);
  const found: Violation[] = [];
  for (const { type, id } of rows) {
    const answer = await why(database, { type, id: Number(id) });
    found.push(...judge(`${type} ${id}`, answer));
  }
  return found;
}

function judge(name: string, answer: Answer | null): Violation[] {
  if (answer === null) return [violation("I28", `nobody can say what ${name} waits for`, name)];
  if ("gates" in answer) {
    if (answer.gates.length > 0) return [];
    return [
      violation("I28", `${name} is ${answer.state}, and says of nothing that holds it`, name),
    ];
  }
  if (!("dispositions" in answer)) return [];
  return answer.dispositions.flatMap((each): Violation[] => {
    if (each.run !== null) return [];
    const where = `${name} at trigger ${each.trigger} of ${each.pipeline}`;
    if (each.sentence === "") return [violation("I28", `${where} waits without a reason`, name)];
    if (each.reason !== "due") return [];
    return [violation("I1", `${where} should have been acted on: ${each.sentence}`, name)];
  });
}

function violation(invariant: "I1" | "I28", what: string, name: string): Violation {
  return { invariant, what, detail: { asked: name } };
}

/** Only read from, so that it does not matter which of the two it is. */
function asDatabase(db: QueryExecutorProvider): Database {
  return { kind: "embedded", db: db as Database["db"], connectionsMax: 1, close: async () => {} };
}

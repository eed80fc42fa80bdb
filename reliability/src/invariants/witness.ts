import { type QueryExecutorProvider, sql } from "kysely";
import { toViolation, type ViolationRow } from "./check-state.ts";
import type { Violation } from "./violation.ts";
import { FACT_TRIGGERS } from "./witness-facts.ts";
import { OTHER_TRIGGERS } from "./witness-others.ts";
import { RUN_TRIGGERS } from "./witness-runs.ts";
import { SCHEMA } from "./witness-schema.ts";
import { TASK_TRIGGERS } from "./witness-tasks.ts";

/**
 * Installs the witness beside the schema `millrace`, in the database of a proof: triggers that
 * judge transitions at once, and all that a transaction touched when it commits. They change
 * nothing and never fail; what they find stands in `witness.violation`.
 *
 * That is sound at any isolation: a law of committed states holds as well in the state that this
 * transaction would leave if it committed now, which each judgement reads in one snapshot.
 */
export async function installWitness(db: QueryExecutorProvider): Promise<void> {
  const parts = [SCHEMA, TASK_TRIGGERS, RUN_TRIGGERS, FACT_TRIGGERS, OTHER_TRIGGERS];
  for (const statement of parts.flatMap(statementsOf)) await sql.raw(statement).execute(db);
  await sql`select witness.listen()`.execute(db);
}

/** One after the other, because one driver takes no more at a time. Bodies of functions stay whole. */
function statementsOf(script: string): string[] {
  const parts = script.split(/(\$\w*\$)/);
  let statement = "";
  let quote: string | null = null;
  const statements: string[] = [];
  for (const part of parts) {
    if (/^\$\w*\$$/.test(part) && (quote === null || quote === part)) {
      quote = quote === null ? part : null;
      statement += part;
    } else if (quote !== null) statement += part;
    else {
      const [first = "", ...others] = part.split(";");
      statement += first;
      for (const other of others) {
        statements.push(statement);
        statement = other;
      }
    }
  }
  return [...statements, statement].filter((each) => each.trim() !== "");
}

/** What the triggers of the witness have found so far, oldest first. */
export async function readWitness(db: QueryExecutorProvider): Promise<readonly Violation[]> {
  const { rows } = await sql<ViolationRow>`
    select invariant, what, detail from witness.violation order by id`.execute(db);
  return rows.map(toViolation);
}

/** Forgets all that was found and recorded. */
export async function clearWitness(db: QueryExecutorProvider): Promise<void> {
  await sql`truncate witness.violation, witness.history`.execute(db);
}

import type { JsonValue } from "@millrace/core/internal";
import { type QueryExecutorProvider, sql } from "kysely";
import { all, type Phase, unionOf } from "./state-check.ts";
import { STATE_CHECKS } from "./state-checks.ts";
import { unexplained } from "./unexplained.ts";
import { missedSlots } from "./missed-slots.ts";
import type { Violation } from "./violation.ts";

export type { Phase } from "./state-check.ts";

/** What holds in each committed state, as one statement. */
export const ALWAYS: string = unionOf(
  STATE_CHECKS.filter(({ phase }) => phase === "always"),
  all,
);
const EVERYTHING = unionOf(STATE_CHECKS, all);

/**
 * Judges the whole state of a database, in one statement and so in one snapshot. At rest, also
 * what only answers to questions can tell: whether all that waits says why, and whether a schedule
 * has passed over a slot.
 */
export async function checkState(
  db: QueryExecutorProvider,
  phase: Phase,
): Promise<readonly Violation[]> {
  if (phase === "always") return judge(db, (await hasWitness(db)) ? PLANNED : ALWAYS);
  const found = await judge(db, EVERYTHING);
  return [...found, ...(await missedSlots(db)), ...(await unexplained(db))];
}

const PLANNED = "select invariant, what, detail from witness.broken()";

/** Databases that were seen to have the witness, whose plan of all checks is kept. */
const witnessed = new WeakSet<object>();

async function hasWitness(db: QueryExecutorProvider): Promise<boolean> {
  if (witnessed.has(db)) return true;
  const { rows } = await sql<{ is: boolean }>`
    select to_regprocedure('witness.broken()') is not null as is`.execute(db);
  if (rows[0]?.is === true) witnessed.add(db);
  return rows[0]?.is === true;
}

async function judge(db: QueryExecutorProvider, query: string): Promise<readonly Violation[]> {
  const { rows } = await sql.raw<ViolationRow>(query).execute(db);
  return rows.map(toViolation);
}

export interface ViolationRow {
  readonly invariant: string;
  readonly what: string;
  readonly detail: JsonValue;
}

export function toViolation({ invariant, what, detail }: ViolationRow): Violation {
  return { invariant: invariant as Violation["invariant"], what, detail };
}

import type { JsonValue } from "@millrace/core/internal";
import { type Kysely, sql } from "kysely";
import { all, type Phase, unionOf } from "./state-check.ts";
import { STATE_CHECKS } from "./state-checks.ts";
import { unexplained } from "./unexplained.ts";
import { missedSlots } from "./missed-slots.ts";
import type { Violation } from "./violation.ts";

export type { Phase } from "./state-check.ts";

const ALWAYS = unionOf(
  STATE_CHECKS.filter(({ phase }) => phase === "always"),
  all,
);
const EVERYTHING = unionOf(STATE_CHECKS, all);

/**
 * Judges the whole state of a database, in one statement and so in one snapshot. At rest, also
 * what only answers to questions can tell: whether all that waits says why, and whether a schedule
 * has passed over a slot.
 */
export async function checkState(db: Kysely<unknown>, phase: Phase): Promise<readonly Violation[]> {
  const query = phase === "always" ? ALWAYS : EVERYTHING;
  const { rows } = await sql.raw<ViolationRow>(query).execute(db);
  const found = rows.map(toViolation);
  if (phase === "always") return found;
  return [...found, ...(await missedSlots(db)), ...(await unexplained(db))];
}

export interface ViolationRow {
  readonly invariant: string;
  readonly what: string;
  readonly detail: JsonValue;
}

export function toViolation({ invariant, what, detail }: ViolationRow): Violation {
  return { invariant: invariant as Violation["invariant"], what, detail };
}

import type { Kysely } from "kysely";
import type { Violation } from "./violation.ts";

/** `always`: true in each committed state. `quiescent`: true when all is healed and at rest. */
export type Phase = "always" | "quiescent";

/** Judges the whole state of a database. */
export async function checkState(
  _db: Kysely<unknown>,
  _phase: Phase,
): Promise<readonly Violation[]> {
  return [];
}

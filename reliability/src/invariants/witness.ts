import type { Kysely } from "kysely";
import type { Violation } from "./violation.ts";

/** Installs the witness beside the schema `millrace`: schema `witness`, triggers. Idempotent. */
export async function installWitness(_db: Kysely<unknown>): Promise<void> {}

/** What the triggers of the witness have found so far, oldest first. */
export async function readWitness(_db: Kysely<unknown>): Promise<readonly Violation[]> {
  return [];
}

/** Forgets all that was found and recorded. */
export async function clearWitness(_db: Kysely<unknown>): Promise<void> {}

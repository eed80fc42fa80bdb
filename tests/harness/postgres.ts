import { describe, inject } from "vitest";
import { cloneTemplate } from "./template.ts";

/** A database of its own, for one test file. */
export interface Database {
  readonly url: string;
  /** Drops it, and whoever is still connected. */
  drop(): Promise<void>;
}

const { postgres } = inject("servers");

/** `describe` for suites on Postgres: skipped, with a warning, where there is none. */
export const describeWithPostgres: typeof describe | typeof describe.skip =
  postgres === null ? describe.skip : describe;

/** A fresh, migrated database. Call it in `beforeAll` and `drop` it in `afterAll`. */
export async function createDatabase(): Promise<Database> {
  if (postgres === null) throw new Error("No Postgres: write the suite in describeWithPostgres.");
  return cloneTemplate(postgres.url, postgres.template);
}

import { inject } from "vitest";
import { cloneTemplate } from "./template.ts";

/** A database of its own, for one test file. */
export interface Database {
  readonly url: string;
  /** Drops it, and whoever is still connected. */
  drop(): Promise<void>;
}

const { postgres } = inject("servers");

/** A fresh, migrated database. Call it in `beforeAll` and `drop` it in `afterAll`. */
export async function createDatabase(): Promise<Database> {
  return cloneTemplate(postgres.url, postgres.template);
}

/** A fresh database for somebody else's tables. */
export async function createEmptyDatabase(): Promise<Database> {
  return cloneTemplate(postgres.url, "template0");
}

import { type QueryExecutorProvider, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "../../../tests/engine/engine.ts";
import { corruptions } from "./corruptions.ts";
import { playBusyStory } from "./healthy-story.ts";
import { all, unionOf } from "./state-check.ts";
import { STATE_CHECKS } from "./state-checks.ts";
import type { ViolationRow } from "./check-state.ts";

/** What a test did to its database is undone. */
class Undone extends Error {}

async function spoil(
  { db }: Engine["database"],
  statements: readonly string[],
  look: (tx: QueryExecutorProvider) => Promise<void>,
): Promise<void> {
  const done = db.transaction().execute(async (tx) => {
    // Neither foreign keys nor the witness stand in the way of who spoils a database.
    await sql`set local session_replication_role = replica`.execute(tx);
    for (const statement of statements) await sql.raw(statement).execute(tx);
    await look(tx);
    throw new Undone();
  });
  await done.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
}

test("every check has a database that it must object to", () => {
  const names = STATE_CHECKS.map(({ name }) => name).toSorted();
  expect(Object.keys(corruptions).toSorted()).toEqual(names);
});

describe.each(["embedded", "server"] as const)("a spoiled %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await playBusyStory(engine, async () => {});
  }, 120_000);
  afterAll(() => engine.close());

  test.each(STATE_CHECKS.map((check) => [check.name, check.invariant, check] as const))(
    "is found out by %s, and it is %s",
    async (name, invariant, check) => {
      await spoil(engine.database, corruptions[name] ?? [], async (tx) => {
        const { rows } = await sql.raw<ViolationRow>(unionOf([check], all)).execute(tx);
        expect(rows).toContainEqual({
          invariant,
          what: expect.stringMatching(/\w/),
          detail: expect.objectContaining({ check: name }),
        });
      });
    },
  );
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "../../../tests/engine/engine.ts";
import { checkState } from "./check-state.ts";
import { comeToRest, playBusyStory } from "./healthy-story.ts";
import { INVARIANTS } from "./invariants.ts";
import { STATE_CHECKS } from "./state-checks.ts";
import { clearWitness, installWitness, readWitness } from "./witness.ts";

describe.each(["embedded", "server"] as const)("the witness on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await installWitness(engine.database.db);
    await installWitness(engine.database.db);
  }, 60_000);
  afterAll(() => engine.close());

  test(
    "finds nothing in a healthy story, at no step and not at rest",
    { timeout: 120_000 },
    async () => {
      const look = async (step: string): Promise<void> => {
        expect(await checkState(engine.database.db, "always"), step).toEqual([]);
        expect(await readWitness(engine.database.db), step).toEqual([]);
      };
      await playBusyStory(engine, look);
      const kinds = await engine.rows<{ kind: string }>("select distinct kind from millrace.timer");
      expect(kinds.map((row) => row.kind).toSorted()).toEqual([
        "freshness",
        "run_timeout",
        "schedule",
        "step",
      ]);
      await comeToRest(engine, look);
      expect(await checkState(engine.database.db, "quiescent")).toEqual([]);
      expect(await engine.rows("select from witness.history limit 100")).toHaveLength(100);
      await clearWitness(engine.database.db);
      expect(await engine.rows("select from witness.history")).toEqual([]);
    },
  );
});

test("every invariant is in the table once, in order, and has a check that is named", () => {
  expect(INVARIANTS.map(({ id }) => id)).toEqual(
    Array.from({ length: 28 }, (_, place) => `I${place + 1}`),
  );
  for (const { where, title } of INVARIANTS) expect([where, title]).not.toContain("");
});

test("checks have names of their own, and stand for invariants that say that they are checked", () => {
  const names = STATE_CHECKS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  const elsewhere = new Set<string>(
    INVARIANTS.filter(({ how }) => how === "elsewhere").map(({ id }) => id),
  );
  expect(STATE_CHECKS.filter(({ invariant }) => elsewhere.has(invariant))).toEqual([]);
});

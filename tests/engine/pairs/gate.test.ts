import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import { race } from "./race.ts";
import { TRANSACTIONS } from "./transactions.ts";

let arena: Arena;
beforeAll(async () => {
  arena = await openArena();
}, 120_000);
afterAll(() => arena.close());

const named = (wanted: string) => present(TRANSACTIONS.find(({ name }) => name === wanted));

test("a transaction that is held keeps who comes to its locks waiting", async () => {
  const finish = named("finish: succeeded");
  const { waited, heldBefore } = await race(arena, finish, named("cancel a run"), 5);
  expect(waited).toBe(true);
  expect(heldBefore).not.toBe("its end");
});

test("who passes over what is held, and who comes to nothing of it, does not wait", async () => {
  const { waited } = await race(arena, named("claim"), named("claim"), 2);
  expect(waited).toBe(false);
  expect((await race(arena, named("drain a session"), named("approve"), 2)).waited).toBe(false);
});

test("two who take the same locks in another order break each other, and it is counted", async () => {
  const lock = (side: 0 | 1, runs: readonly number[]) => ({
    name: `lock ${runs.join(", ")}`,
    async act() {
      const tx = await arena.sides[side].db.startTransaction().execute();
      for (const id of runs) {
        await sql`select id from millrace.run where id = ${id} for update`
          .execute(tx)
          .catch(() => {});
      }
      await tx.rollback().execute();
    },
  });
  const { mainOne, mainTwo } = arena.story;
  const one = lock(0, [mainOne, mainTwo]);
  const { breaks } = await race(arena, one, lock(1, [mainTwo, mainOne]), 2);
  expect(breaks).toEqual([expect.stringMatching(/^40P01 at select id from millrace\.run/)]);
});

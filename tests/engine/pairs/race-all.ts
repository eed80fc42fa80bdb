import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkState, readWitness } from "../../../reliability/src/invariants/index.ts";
import { type Arena, openArena } from "./arena.ts";
import { untyped } from "./gated-database.ts";
import { listStops } from "./race.ts";
import type { Transaction } from "./transaction.ts";
import { TRANSACTIONS } from "./transactions.ts";
import { judgePair } from "./verdict.ts";

/** `all`: each pair is held at every statement of the first, which takes an hour. */
const STOPS = process.env["MILLRACE_PAIR_STOPS"] ?? "two";

/** Races each of these, held in the middle, with every transaction of the engine. */
export function raceAll(firsts: readonly Transaction[]): void {
  raceEach(firsts.map((first) => ({ first, seconds: TRANSACTIONS })));
}

export interface Race {
  readonly first: Transaction;
  readonly seconds: readonly Transaction[];
  /** `all`: held at every statement, instead of at two. */
  readonly stops?: "all";
}

/** Races the first of each, held in the middle, with each of its seconds. */
export function raceEach(races: readonly Race[]): void {
  let arena: Arena;
  beforeAll(async () => {
    arena = await openArena();
  }, 120_000);
  afterAll(() => arena.close());

  const named = races.map((each) => ({ ...each, name: each.first.name }));
  describe.each(named)(
    "$name, held in the middle, and",
    ({ first, seconds: others, stops: wanted = STOPS }) => {
      let stops: readonly number[];
      beforeAll(async () => {
        stops = await listStops(arena, first);
      });
      const seconds = others.map((second, place) => ({ name: second.name, second, place }));

      test.each(seconds)(
        "$name end as if one came first, and never in a circle",
        async (each) => {
          const chosen = chooseStops(stops, each.place, wanted);
          const found = await judgePair(arena, [first, each.second], chosen, findViolations);
          expect(found.wrongs).toEqual([]);
        },
        600_000,
      );
    },
  );
}

/** Before the commit, with all its locks; and in the middle, elsewhere for each second. */
function chooseStops(all: readonly number[], shift: number, wanted: string): readonly number[] {
  if (wanted === "all" || all.length <= 2) return all;
  const middle = all.slice(0, -1);
  return [middle[(shift * 5) % middle.length] ?? 0, all.at(-1) ?? 0];
}

/** States that were found to be sound, but for ids: many races end in the same few. */
const sound = new Set<string>();

async function findViolations({ judge }: Arena, state: string): Promise<readonly string[]> {
  const told = await readWitness(untyped(judge));
  const found = sound.has(state) ? [] : await checkState(untyped(judge), "always");
  if (found.length === 0) sound.add(state);
  return [...told, ...found].map(({ invariant, what }) => `${invariant}: ${what}`);
}

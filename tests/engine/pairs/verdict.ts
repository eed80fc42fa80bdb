import type { Arena } from "./arena.ts";
import { brief } from "./gated-database.ts";
import { settleStory } from "./settle.ts";
import { inTurn, type Outcome, race, type Raced } from "./race.ts";
import type { Transaction } from "./transaction.ts";

type Pair = readonly [Transaction, Transaction];

/** What races of two transactions came to. */
export interface Verdict {
  readonly races: number;
  /** Of them, those in which the second one waited for the first. */
  readonly waits: number;
  /** What is wrong, one line each. */
  readonly wrongs: readonly string[];
}

/** What can be said against the state that a race has left. */
export type FindViolations = (arena: Arena, state: string) => Promise<readonly string[]>;

/** Races them with the first held at each of these statements, and judges what came of it. */
export async function judgePair(
  arena: Arena,
  pair: Pair,
  stops: readonly number[],
  findViolations: FindViolations,
): Promise<Verdict> {
  const wrongs: string[] = [];
  const orders = new Orders(arena, pair);
  let waits = 0;
  for (const stop of stops) {
    const raced = await race(arena, ...pair, stop);
    waits += raced.waited ? 1 : 0;
    const found = [...raced.breaks, ...(await findViolations(arena, raced.state))];
    if (!(await orders.has(raced))) {
      found.push(...orders.findExceeded(raced));
      const again = await race(arena, ...pair, stop);
      found.push(...(await orders.compare(again, await settleStory(arena.judge))));
    }
    const at = `held before "${brief(raced.heldBefore)}"`;
    wrongs.push(...found.map((line) => `${at}: ${line}`));
  }
  return { races: stops.length, waits, wrongs };
}

function isLike(one: Outcome, other: Outcome): boolean {
  return one.state === other.state && String(one.said) === String(other.said);
}

/** What the two come to one after the other, as far as it was asked for. */
class Orders {
  readonly #arena: Arena;
  readonly #pair: Pair;
  readonly #known: Map<boolean, Outcome> = new Map();

  constructor(arena: Arena, pair: Pair) {
    this.#arena = arena;
    this.#pair = pair;
  }

  async has(raced: Raced): Promise<boolean> {
    if ([...this.#known.values()].some((each) => isLike(raced, each))) return true;
    // Who waited was second; who did not may have been either.
    for (const isSecondFirst of raced.waited ? [false, true] : [true, false]) {
      if (this.#known.has(isSecondFirst)) continue;
      const outcome = await inTurn(this.#arena, ...this.#pair, isSecondFirst);
      this.#known.set(isSecondFirst, outcome);
      if (isLike(raced, outcome)) return true;
    }
    return false;
  }

  /** Limits that no order exceeds. */
  findExceeded({ state }: Raced): readonly string[] {
    const orders = [...this.#known.values()];
    return state
      .split("\n")
      .filter((line) => line.startsWith("exceeded"))
      .filter((line) => !orders.some((each) => each.state.includes(line)));
  }

  /**
   * Who passes over what the other holds leaves it to a sweep: at rest all is as in one order, or
   * it is said how it differs from both.
   */
  async compare(raced: Raced, rest: string): Promise<readonly string[]> {
    const differences: string[] = [];
    for (const isSecondFirst of [false, true]) {
      const { said } = await inTurn(this.#arena, ...this.#pair, isSecondFirst);
      const serial = await settleStory(this.#arena.judge);
      if (serial === rest && String(said) === String(raced.said)) return [];
      const order = isSecondFirst ? "second, first" : "first, second";
      differences.push(`from ${order}: ${difference(raced.said, said)}${lines(serial, rest)}`);
    }
    return [`it ends otherwise than in any order. ${differences.join(" | ")}`];
  }
}

function difference(raced: Outcome["said"], serial: Outcome["said"]): string {
  return String(raced) === String(serial)
    ? ""
    : `says ${raced.join(", ")} not ${serial.join(", ")}; `;
}

function lines(serial: string, raced: string): string {
  const [before, after] = [serial.split("\n"), raced.split("\n")];
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
  const added = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...added].join(", ");
}

import { createStore } from "@millrace/postgres";
import type { Arena } from "./arena.ts";
import type { GatedDatabase } from "./gated-database.ts";
import { BROKE, outcomeOf, stateOf } from "./outcome.ts";
import type { Transaction } from "./transaction.ts";

/** What came of two transactions: what each said, and what the database says. */
export interface Outcome {
  readonly said: readonly [string, string];
  readonly state: string;
}

export interface Raced extends Outcome {
  /** The second one came to a lock of the first. */
  readonly waited: boolean;
  /** Deadlocks and conflicts, which the engine tries again, and whatever else broke. */
  readonly breaks: readonly string[];
  readonly heldBefore: string;
}

/** Holds the first before one of its statements until the second has ended, or waits for it. */
export async function race(
  arena: Arena,
  first: Transaction,
  second: Transaction,
  holdBefore: number,
): Promise<Raced> {
  const [one, two] = arena.sides;
  await arena.restore();
  const hold = one.arm(holdBefore);
  two.arm(Infinity);
  const acting = act(arena, first, one);
  await Promise.race([hold.reached, acting]);
  const answering = act(arena, second, two);
  const waited = await arena.waitsOrEnds(two.pid, answering);
  hold.release();
  const said = [await acting, await answering] as const;
  const breaks = [...one.breaks, ...two.breaks, ...said.filter((each) => each.startsWith(BROKE))];
  const heldBefore = one.statements[holdBefore] ?? "its end";
  return { said, state: await stateOf(arena.judge), waited, breaks, heldBefore };
}

/** One after the other; what they said is in the order of `first` and `second` all the same. */
export async function inTurn(
  arena: Arena,
  first: Transaction,
  second: Transaction,
  isSecondFirst: boolean,
): Promise<Outcome> {
  const [one, two] = arena.sides;
  await arena.restore();
  arena.sides.forEach((side) => side.arm(Infinity));
  const before = isSecondFirst ? await act(arena, second, two) : await act(arena, first, one);
  const after = isSecondFirst ? await act(arena, first, one) : await act(arena, second, two);
  const said = isSecondFirst ? ([after, before] as const) : ([before, after] as const);
  return { said, state: await stateOf(arena.judge) };
}

/** A store of its own each time: what it keeps of the registry is of another story. */
function act({ story }: Arena, transaction: Transaction, database: GatedDatabase): Promise<string> {
  return outcomeOf(transaction.act(createStore(database), story, database));
}

/**
 * Where it can be held: before each statement inside of its transactions that comes after another
 * one there, and before each commit.
 */
export async function listStops(
  arena: Arena,
  transaction: Transaction,
): Promise<readonly number[]> {
  const [one] = arena.sides;
  await arena.restore();
  one.arm(Infinity);
  await act(arena, transaction, one);
  const { statements } = one;
  return statements.flatMap((statement, place) => {
    const isInside = statement !== "begin" && statements[place - 1] !== "begin";
    return isInside && place > 0 && !IRRELEVANT.test(statement) ? [place] : [];
  });
}

/** The question for the own transaction's number stands right before the commit. */
const IRRELEVANT = /pg_current_xact_id/;

import type fc from "fast-check";

/**
 * A parser or check that text or data from outside reaches first, and what is asked of it beyond
 * not crashing: throwing in `probe` anything but a `MillraceError` is a failure.
 */
export interface FuzzTarget<T = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Gives the input to what is under test, and throws {@link Broken} when a law does not hold. */
  readonly probe: (input: T) => void | Promise<void>;
  /** The share of its inputs that a run takes; absent: 1. For what is a hundred times slower. */
  readonly share?: number;
}

/** A law that does not hold. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** @throws {Broken} When a law does not hold; `law` says which. */
export function holds(condition: boolean, law: string): asserts condition {
  if (!condition) throw new Broken(law);
}

/** A reason that people are given: there is one, and it has an end. */
export function isReason(text: unknown): boolean {
  return typeof text === "string" && text.trim() !== "" && text.length <= REASON_LENGTH_MAX;
}

const REASON_LENGTH_MAX = 10_000;

/** Types a target for the list of all of them. */
export function target<T>(given: FuzzTarget<T>): FuzzTarget {
  return given as unknown as FuzzTarget;
}

import { machineNameProblem, quoted } from "../check/names.ts";
import { limitProblem } from "../check/limit-range.ts";
import { definitionInvalid } from "../error/millrace-error.ts";

export const POOL: unique symbol = Symbol.for("millrace.pool") as never;

/** A number of slots that tasks of any pipeline share. */
export interface Pool {
  readonly name: string;
  readonly slots: number;
  readonly [POOL]: true;
}

/** A pool, and how many of its slots a task takes. */
export interface PoolUse {
  readonly pool: Pool;
  /** 1 or more, at most what the pool has; 1 unless given. */
  readonly slots?: number;
}

/**
 * Declares a pool: so many slots for all tasks that name it, of whatever pipeline and namespace.
 * A task takes its slots while it is on its way to a worker or runs; not while it waits.
 *
 * @param name - Global. Whoever declares it says the same number of slots.
 * @throws {DEFINITION_INVALID} When the name is none, or the slots are out of range.
 *
 * @example
 * const warehouse = pool("warehouse", { slots: 5 });
 * task("load", { pool: { pool: warehouse, slots: 2 } }, () => copy());
 */
export function pool(name: string, options: { readonly slots: number }): Pool {
  const { slots } = options;
  const problems = [machineNameProblem(name), limitProblem("its number of slots", slots)].flatMap(
    (p) => p ?? [],
  );
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((problem) => `Pool ${quoted(name)}: ${problem}.`));
  }
  return Object.freeze({ name, slots, [POOL]: true as const });
}

export function isPool(value: unknown): value is Pool {
  return typeof value === "object" && value !== null && POOL in value;
}

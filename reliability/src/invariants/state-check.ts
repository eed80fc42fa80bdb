import type { Violation } from "./violation.ts";

/** `always`: true in each committed state. `quiescent`: true when all is healed and at rest. */
export type Phase = "always" | "quiescent";

/** What a check is about: rows of these are judged when a transaction that touched them commits. */
export type Subject = "task_run" | "run" | "delivery" | "trigger_group" | "step" | "other";

/**
 * One law about the tables, as a query of the rows that break it: `select <text>, <jsonb>`, what
 * was seen and the numbers to it.
 */
export interface StateCheck {
  readonly invariant: Violation["invariant"];
  /** Distinct; the tests corrupt a database for each of them. */
  readonly name: string;
  readonly of: Subject;
  readonly phase: Phase;
  /**
   * @param is - Narrows a query to the subject that is judged: given the column that holds its id,
   * the condition that it is the one; `true` where all of them are judged.
   */
  readonly broken: (is: (column: string) => string) => string;
}

/** Everything of a kind, not one of them. */
export function all(_column: string): string {
  return "true";
}

/** Several checks as one query of `invariant`, `what` and `detail`. */
export function unionOf(checks: readonly StateCheck[], is: (column: string) => string): string {
  return checks
    .map(
      ({ invariant, name, broken }) =>
        `select '${invariant}'::text as invariant, b.what, b.detail || '{"check": "${name}"}'::jsonb ` +
        `as detail from (${broken(is)}) b (what, detail)`,
    )
    .join("\nunion all\n");
}

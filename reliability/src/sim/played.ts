import type { Violation } from "../invariants/violation.ts";

/** How often the interesting things happened; CI fails when one of them never does. */
export type Counters = Readonly<Record<string, number>>;

/** What came of playing one plan. */
export interface Played {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counters: Counters;
  /** One line a step of the scheduler: equal for equal seeds. */
  readonly trace: readonly string[];
  /** Hex SHA-256 of the trace and of the final state. */
  readonly traceHash: string;
}

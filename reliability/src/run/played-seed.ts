import type { Violation } from "../invariants/violation.ts";
import type { Counters } from "../sim/played.ts";
import type { Cut } from "./cut.ts";

/** What a child is asked for. */
export interface PlayRequest {
  readonly seed: number;
  /** Null: the whole plan. */
  readonly cut: Cut | null;
  readonly keepTrace: boolean;
}

/** What came of one seed, as it travels between processes. */
export interface PlayedSeed {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counters: Counters;
  readonly trace: readonly string[];
  readonly traceHash: string;
  /** Its plan as it was played, whole or cut. */
  readonly cut: Cut;
  readonly labels: readonly string[];
}

import type { Outside } from "../sim/plan.ts";
import type { Ledger } from "./ledger.ts";

/** What varies between stories and not between the processes of one; drawn from the seed. */
export interface Knobs {
  readonly each: boolean;
  readonly whenActive: "queue" | "skip" | "replace";
  readonly maxActiveRuns: number;
  readonly batch: "size" | "quiet" | "wait" | "all";
  readonly deadline: "run-partial" | "skip" | "alert";
  readonly late: "record" | "rerun";
  readonly within: boolean;
  readonly anyLeg: boolean;
  readonly whilePaused: "keep" | "drop" | "latest";
  readonly catchup: "none" | "last" | "all";
  readonly clockChange: "spring" | "autumn" | "none";
  readonly retries: number;
  readonly failShare: number;
  readonly items: number;
  readonly failFast: boolean;
  readonly rule: "all_done" | "at_least_one_success" | "none_failed" | "always";
  readonly keyLimit: number;
  readonly dockSlots: 1 | 2;
  readonly onMissingVersion: "wait" | "latest" | "fail";
  readonly approvalTimeout: "fail" | "skip" | "approve";
}

/** What the pipelines of one process are made with. */
export interface Making {
  readonly seed: number;
  readonly knobs: Knobs;
  readonly ledger: Ledger;
  readonly outside: Outside;
  readonly build: number;
}

import type { Advance } from "@millrace/core/internal";
import type { LoadedVersion } from "./version-cache.ts";

/** A run under its lock. */
export interface LockedRun {
  readonly runId: number;
  readonly version: LoadedVersion;
  readonly cancelling: boolean;
  /** Of one that is cancelling: it is stopped for this reason, and has failed. */
  readonly stopReason?: string | null;
  /** Groups of tasks whose time is up. */
  readonly timedOutGroups?: readonly string[];
  /** Nothing of it starts until it is resumed. */
  readonly paused?: boolean;
  /** It began with outcomes of another run: it has rows before its first tasks start. */
  readonly hasRows?: boolean;
}

/** What is to become of it. */
export interface RunPlan extends LockedRun {
  readonly plan: Advance;
}

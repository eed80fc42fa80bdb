import type { SourceHealth } from "./source-health.ts";

export interface RunningSource {
  /** How it is now: whether it works, how late it is, what failed last. Costs nothing to ask. */
  health(): SourceHealth;
  /** Ends the wait for more at once; resolves when what was in hand is committed. */
  stop(): Promise<void>;
}

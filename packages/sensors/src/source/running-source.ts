export interface RunningSource {
  /** Ends the wait for more at once; resolves when what was in hand is committed. */
  stop(): Promise<void>;
}

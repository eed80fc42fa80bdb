/**
 * Renews the lease of a session where a blocked event loop cannot stop it.
 */
export interface LeaseKeeper {
  /**
   * Renews every third of `leaseMs` until `stop`. Calls `onLost` once when the lease lapsed, or
   * when it could not be renewed in time: the owner must abort what it runs and begin anew.
   */
  keep(sessionId: string, leaseMs: number, onLost: OnLeaseLost): Promise<LeaseHold>;
}

/**
 * @param wasAway - True when the store was asked in time and did not answer: nothing that the
 * owner ran can be the cause.
 */
export type OnLeaseLost = (reason: string, wasAway?: boolean) => void;

export interface LeaseHold {
  stop(): Promise<void>;
}

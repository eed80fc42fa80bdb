/**
 * Renews the lease of a session where a blocked event loop cannot stop it.
 */
export interface LeaseKeeper {
  /**
   * Renews every third of `leaseMs` until `stop`. Calls `onLost` once when the lease lapsed, or
   * when it could not be renewed in time: the owner must abort what it runs and begin anew.
   */
  keep(sessionId: string, leaseMs: number, onLost: (reason: string) => void): Promise<LeaseHold>;
}

export interface LeaseHold {
  stop(): Promise<void>;
}

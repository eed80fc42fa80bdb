import type { LeaseHold, LeaseKeeper } from "@millrace/core/internal";

/**
 * {@link LeaseKeeper} for a database that is open in this process only: nobody else could take
 * over, so the lease never lapses.
 */
export class NoLeaseKeeper implements LeaseKeeper {
  async keep(): Promise<LeaseHold> {
    return { stop: async () => {} };
  }
}

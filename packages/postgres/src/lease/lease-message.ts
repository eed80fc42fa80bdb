/** What the thread is told at its start. */
export interface LeaseOrder {
  readonly url: string;
  readonly sessionId: string;
  readonly leaseMs: number;
}

/** What the thread tells. `lost` is its last word. */
export type LeaseNews =
  | { readonly type: "kept" }
  | { readonly type: "lost"; readonly reason: string; readonly wasAway: boolean };

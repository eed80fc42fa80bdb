import type { Instant } from "@millrace/core/internal";

/** A bucket that can be listed page by page, in an order of its own that does not change. */
export interface ObjectLister {
  /**
   * @param token - Where to go on, as an earlier page said; null to begin.
   * @throws When `signal` aborts, at once.
   */
  list(prefix: string, token: string | null, signal: AbortSignal): Promise<ListedPage>;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Null at the end. */
  readonly next: string | null;
  /** When the page was made, by the clock of the service; null when it does not say. */
  readonly listedAt: Instant | null;
}

export interface ListedObject {
  readonly key: string;
  readonly etag: string | null;
  readonly bytes: number | null;
  readonly at: Instant;
}

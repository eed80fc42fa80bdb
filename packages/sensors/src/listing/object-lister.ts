import type { Instant } from "@millrace/core/internal";

/** A bucket that can be listed page by page, in an order of its own that does not change. */
export interface ObjectLister {
  /** @throws When `signal` aborts, at once. */
  list(prefix: string, from: ListFrom, signal: AbortSignal): Promise<ListedPage>;
}

/**
 * Where a page begins: where an earlier one said; behind a key, wherever that is in the service's
 * order; or, with neither, at the first key.
 */
export type ListFrom = { readonly token: string } | { readonly after: string } | null;

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

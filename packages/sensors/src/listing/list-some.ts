import type { ListedPage, ObjectLister } from "./object-lister.ts";

/** Where a listing takes up; null: at the beginning. */
export interface ListingCursor {
  readonly prefix: string;
  readonly token: string | null;
}

export interface ListSomeOptions {
  readonly lister: ObjectLister;
  /** In ascending order. */
  readonly prefixes: readonly string[];
  readonly pagesMax: number;
  readonly signal: AbortSignal;
  /** Resolves when all that is new on the page is committed. */
  readonly take: (page: ListedPage) => Promise<void>;
  /** Hears where to take up after each page that was taken. */
  readonly onCursor: (cursor: ListingCursor | null) => void;
}

/**
 * Lists at most `pagesMax` pages, from `cursor` on. What fails throws, and the last cursor that
 * was told is where to take up: no page is passed over.
 */
export async function listSome(
  cursor: ListingCursor | null,
  options: ListSomeOptions,
): Promise<void> {
  const { lister, prefixes, pagesMax, signal, take, onCursor } = options;
  let place = toPlace(cursor, prefixes);
  for (let pages = 0; pages < pagesMax && place !== null && !signal.aborted; pages += 1) {
    const page = await listPage(lister, place, signal, onCursor);
    await take(page);
    place = nextPlace(place, page, prefixes);
    onCursor(place);
  }
}

async function listPage(
  lister: ObjectLister,
  { prefix, token }: ListingCursor,
  signal: AbortSignal,
  onCursor: ListSomeOptions["onCursor"],
): Promise<ListedPage> {
  try {
    return await lister.list(prefix, token, signal);
  } catch (error) {
    // Services forget tokens: a prefix that cannot be gone on with is begun again.
    if (!signal.aborted) onCursor({ prefix, token: null });
    throw error;
  }
}

/** The datasets may have changed since: a prefix that is gone gives way to the next. */
function toPlace(cursor: ListingCursor | null, prefixes: readonly string[]): ListingCursor | null {
  if (cursor !== null && prefixes.includes(cursor.prefix)) return cursor;
  const prefix = prefixes.find((other) => cursor === null || other > cursor.prefix) ?? prefixes[0];
  return prefix === undefined ? null : { prefix, token: null };
}

function nextPlace(
  { prefix }: ListingCursor,
  { next }: ListedPage,
  prefixes: readonly string[],
): ListingCursor | null {
  if (next !== null) return { prefix, token: next };
  const following = prefixes[prefixes.indexOf(prefix) + 1];
  return following === undefined ? null : { prefix: following, token: null };
}

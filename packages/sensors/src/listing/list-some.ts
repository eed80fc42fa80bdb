import { isRecord } from "@millrace/core/internal";
import type { ListedPage, ListFrom, ObjectLister } from "./object-lister.ts";

/** Where a listing takes up; null: at the beginning. */
export interface ListingCursor {
  readonly prefix: string;
  readonly from: ListFrom;
  /** The last key that was taken of this prefix; null before the first. */
  readonly last: string | null;
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
  { prefix, from, last }: ListingCursor,
  signal: AbortSignal,
  onCursor: ListSomeOptions["onCursor"],
): Promise<ListedPage> {
  try {
    return await lister.list(prefix, from, signal);
  } catch (error) {
    if (!signal.aborted) onCursor({ prefix, last, from: nextTry(from, last, error) });
    throw error;
  }
}

/**
 * Services forget tokens: then the last key says where to go on, so that one failed page of a
 * large bucket does not cost all the pages before it. Only what refuses that too, such as a bucket
 * that has no order, is begun again.
 */
function nextTry(from: ListFrom, last: string | null, error: unknown): ListFrom {
  const isByKey = from !== null && "after" in from;
  if (last === null || (isByKey && isRefusal(error))) return null;
  return { after: last };
}

/** The service is there and does not take the question, as the AWS SDK's errors say it. */
function isRefusal(error: unknown): boolean {
  const metadata = isRecord(error) ? error["$metadata"] : null;
  const status = isRecord(metadata) ? metadata["httpStatusCode"] : null;
  return status === 400 || status === 501;
}

/** The datasets may have changed since: a prefix that is gone gives way to the next. */
function toPlace(cursor: ListingCursor | null, prefixes: readonly string[]): ListingCursor | null {
  if (cursor !== null && prefixes.includes(cursor.prefix)) return cursor;
  const prefix = prefixes.find((other) => cursor === null || other > cursor.prefix) ?? prefixes[0];
  return prefix === undefined ? null : beginning(prefix);
}

function nextPlace(
  { prefix, last }: ListingCursor,
  { next, objects }: ListedPage,
  prefixes: readonly string[],
): ListingCursor | null {
  const token = next;
  if (token !== null) return { prefix, from: { token }, last: objects.at(-1)?.key ?? last };
  const following = prefixes[prefixes.indexOf(prefix) + 1];
  return following === undefined ? null : beginning(following);
}

function beginning(prefix: string): ListingCursor {
  return { prefix, from: null, last: null };
}

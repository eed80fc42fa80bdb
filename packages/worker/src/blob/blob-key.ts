import { MillraceError } from "@millrace/core/internal";

const SEGMENT = /^[\w.~-]{1,200}$/;
const KEY_LENGTH_MAX = 900;

/**
 * The segments of a key.
 *
 * @throws {INPUT_INVALID} When it could lead out of its store, or not every store could hold it.
 */
export function keySegments(key: string): readonly string[] {
  const segments = key.split("/");
  const isFit = segments.every(
    (segment) => SEGMENT.test(segment) && segment !== "." && segment !== "..",
  );
  if (isFit && key.length <= KEY_LENGTH_MAX) return segments;
  const issue =
    "a key is made of segments of letters, digits, '.', '_', '~' and '-', with '/' between them";
  throw new MillraceError(
    "INPUT_INVALID",
    { what: "blob key", issues: [issue] },
    `${JSON.stringify(key.slice(0, 200))} is no blob key: ${issue}`,
  );
}

/** There is no such object. */
export function blobMissing(key: string, cause?: unknown): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "blob", name: key },
    `There is no blob ${key}. It may have been removed, or this process uses another blob store ` +
      "than the one that wrote it: give all of them the same --blobs.",
    { cause },
  );
}

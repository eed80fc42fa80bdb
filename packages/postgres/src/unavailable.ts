import { MillraceError } from "@millrace/core/internal";
import { isConnectionError, isUnfitData, sqlstateOf } from "./sqlstate.ts";

/** What went wrong, as a failure that callers know where it is one. */
export function translate(error: unknown, operation: string): unknown {
  if (isConnectionError(error) || isShortage(error)) return unavailable(operation, error);
  return isUnfitData(error) ? unfit(operation, error) : error;
}

/** The last wall: whoever gave it must hear that it was their data, in words and with a code. */
function unfit(operation: string, cause: unknown): MillraceError<"INPUT_INVALID"> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const issue = `a value cannot be stored (${detail}); shorten it, or leave out what is no text`;
  const data = { what: operation, issues: [issue] };
  return new MillraceError("INPUT_INVALID", data, `Could not ${operation}: ${issue}.`, { cause });
}

export function unavailable(operation: string, cause: unknown): MillraceError<"STORE_UNAVAILABLE"> {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const message = isShortage(cause)
    ? `The database has no room to ${operation}: ${detail}. ` +
      "Free disk space or memory on its machine; what waits goes on by itself then."
    : `The database cannot be reached to ${operation}: ${detail}`;
  return new MillraceError("STORE_UNAVAILABLE", { operation }, message, { cause });
}

/** SQLSTATE class 53: a full disk, no memory left, or too many connections. */
function isShortage(error: unknown): boolean {
  return sqlstateOf(error)?.startsWith("53") === true && !isConnectionError(error);
}

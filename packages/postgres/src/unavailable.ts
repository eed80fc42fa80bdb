import { MillraceError } from "@millrace/core/internal";
import { isConnectionError, sqlstateOf } from "./sqlstate.ts";

/** What went wrong, as a failure that callers know where it is one. */
export function translate(error: unknown, operation: string): unknown {
  return isConnectionError(error) || isShortage(error) ? unavailable(operation, error) : error;
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

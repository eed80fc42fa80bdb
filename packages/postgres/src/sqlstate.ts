/** The SQLSTATE of an error of either driver; null when the server did not say one. */
export function sqlstateOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  const { code } = error;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** A deadlock or a serialization failure: the same transaction may well succeed next time. */
export function isConflict(error: unknown): boolean {
  const state = sqlstateOf(error);
  return state === "40P01" || state === "40001";
}

/** A prepared statement of this connection was made for tables that have changed since. */
export function isStalePlan(error: unknown): boolean {
  return (
    sqlstateOf(error) === "0A000" &&
    error instanceof Error &&
    error.message.includes("cached plan must not change result type")
  );
}

/** Values that no row, index or statement can hold: said again, they would be refused again. */
export function isUnfitData(error: unknown): boolean {
  return UNFIT_STATES.has(sqlstateOf(error) ?? "");
}

/** Of texts, JSON and numbers, and of what is larger than a row of an index or a statement. */
const UNFIT_STATES: ReadonlySet<string> = new Set([
  "22001",
  "22003",
  "22021",
  "22P02",
  "22P05",
  "54000",
  "54001",
]);

/** The connection broke or never came about, or the server is shutting down or starting. */
export function isConnectionError(error: unknown): boolean {
  // First, because EPIPE has the five letters of a SQLSTATE.
  if (error instanceof Error && "code" in error && NETWORK_CODES.has(String(error.code)))
    return true;
  const state = sqlstateOf(error);
  if (state !== null) return state.startsWith("08") || state.startsWith("57P") || state === "53300";
  if (!(error instanceof Error)) return false;
  return /Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout/i.test(
    error.message,
  );
}

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
]);

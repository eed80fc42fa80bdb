/**
 * SQLSTATE classes 22 (a value that cannot be), 23 (a constraint that does not hold) and 54 (a
 * value, or all of them together, larger than a statement can carry).
 */
const DATA_STATE = /^(2[23]|54)[0-9A-Z]{3}$/;
const CAUSES_MAX = 8;

/** True when the data of a statement made it fail, so that repeating it would fail again. */
export function isDataError(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
    if ("code" in current && typeof current.code === "string" && DATA_STATE.test(current.code)) {
      return true;
    }
    current = current.cause;
  }
  return false;
}

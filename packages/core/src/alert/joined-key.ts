/** Of an ISO instant: the hour in which it lies. */
export const HOUR_LENGTH: number = "2026-01-01T00".length;

/** One text of several, of which no part can be read as two. */
export function joinedKey(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join(":");
}

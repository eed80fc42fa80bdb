/** Names of events that only Millrace itself publishes. */
export const RESERVED_PREFIX = "millrace.";

/** Why users cannot publish or declare this event, without a full stop; null when they can. */
export function reservedProblem(name: unknown): string | null {
  if (typeof name !== "string" || !name.startsWith(RESERVED_PREFIX)) return null;
  return `names that begin with ${RESERVED_PREFIX} are Millrace's own; choose another`;
}

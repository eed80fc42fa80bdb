import type { Instant } from "../lib/instant.ts";

/**
 * Compares the sequencers of two events of the same key: the shorter is padded on the right with
 * zeros, then they compare as text. It says nothing about events of different keys.
 *
 * @returns Negative when `a` is the earlier, positive when it is the later, 0 for one event.
 * @see Amazon S3 User Guide, "Event message structure", on `sequencer`.
 */
export function compareSequencers(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  // Direct and EventBridge messages were seen to differ in the case of their digits.
  const left = a.toLowerCase().padEnd(length, "0");
  const right = b.toLowerCase().padEnd(length, "0");
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Listings and HTTP dates know whole seconds only, so nothing finer orders them. */
export function secondOf(instant: Instant): number {
  return Math.floor(instant / 1_000);
}

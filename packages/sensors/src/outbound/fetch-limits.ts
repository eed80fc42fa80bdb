/** What one call out may cost, redirects included. */
export interface FetchLimits {
  /** From the first connection to the last byte: a server that drips bytes ends here. */
  readonly totalMs: number;
  /** Until the head of each answer. */
  readonly firstByteMs: number;
  readonly bodyBytesMax: number;
  readonly redirectsMax: number;
  readonly jsonDepthMax: number;
}

export const FETCH_LIMITS: FetchLimits = {
  totalMs: 15_000,
  firstByteMs: 10_000,
  bodyBytesMax: 1_048_576,
  redirectsMax: 5,
  jsonDepthMax: 64,
};

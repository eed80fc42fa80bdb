/**
 * What has to happen at least once in a hundred seeds. One that never does is a proof that proves
 * less than it says.
 */
export const REQUIRED_COUNTERS: readonly string[] = ["deployed", "messageDoubled"];

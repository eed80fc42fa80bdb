/**
 * What has to happen at least once in a hundred seeds. One that never does is a proof that proves
 * less than it says.
 */
export const REQUIRED_COUNTERS: readonly string[] = [
  // Owners that are gone, and those who come back.
  "crashes",
  "crashes within a transaction",
  "freezes",
  "leases lost",
  "zombies woken",
  "fenced finishes",
  "attempts given up",
  "attempts lost with their worker",
  "restarts",
  "work done twice",
  "tasks that were poison",
  "tasks tried again",
  // What nobody can know, and what breaks.
  "unknown commits that had committed",
  "unknown commits that had not committed",
  "broken statements",
  "deadlocks",
  // Bells.
  "bells lost",
  "bells doubled",
  "bells late",
  "bells lost with the queue",
  "rings at a queue that was gone",
  "swept: ring again",
  "swept: expire sessions",
  "swept: finish abandoned attempts",
  "swept: evaluate pending facts",
  // What becomes of facts.
  "deliveries started",
  "deliveries included",
  "deliveries expired",
  "deliveries limit_reached",
  "deliveries quarantined",
  "dead letters of messages",
  "messageDoubled",
  "objectUntold",
  // What people do.
  "asked to cancel",
  "attempts cancelled",
  "attempts suspended",
  "approvalAnswered",
  "deployed",
  "runs failed",
  "runs cancelled",
  "runs that repeat others",
  "runs that outlived their version",
  "runs started by schedules",
  "told CONFLICT",
];

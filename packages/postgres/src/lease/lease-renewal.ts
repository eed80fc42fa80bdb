/** What a renewal needs of the world. */
export interface RenewalWorld {
  /** Renews in the database. False: the lease had lapsed before. Rejects when it cannot say. */
  renew(): Promise<boolean>;
  /** Milliseconds on a clock that only goes forward. */
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Told once, when the lease was renewed for the first time. */
  onKept(): void;
}

const RETRY_MS_MAX = 1_000;

/**
 * Renews a lease every third of its length, and tries again faster while that fails.
 *
 * A renewal counts from the moment it was sent. The database answered later than that, so the
 * lease here always ends before the one there: the owner knows first.
 *
 * @returns Why the lease was lost, null when `stop` aborted.
 */
export async function renewLease(
  leaseMs: number,
  world: RenewalWorld,
  stop: AbortSignal,
): Promise<string | null> {
  let endsAtMs = world.nowMs() + leaseMs;
  let isKept = false;
  let trouble = "the database did not answer";
  while (!stop.aborted) {
    const sentAtMs = world.nowMs();
    if (sentAtMs >= endsAtMs) return `it could not be renewed before it ran out: ${trouble}`;
    const answer = await answerBy(endsAtMs, world, stop);
    if (typeof answer === "object") trouble = answer.trouble;
    if (answer === "lapsed") return "it had lapsed in the database";
    if (answer === "renewed") {
      endsAtMs = sentAtMs + leaseMs;
      if (!isKept) world.onKept();
      isKept = true;
    }
    const pauseMs = answer === "renewed" ? leaseMs / 3 : Math.min(leaseMs / 10, RETRY_MS_MAX);
    const nextAtMs = Math.min(sentAtMs + pauseMs, endsAtMs);
    await world.sleep(nextAtMs - world.nowMs(), stop);
  }
  return null;
}

type Answer = "renewed" | "lapsed" | "none" | { readonly trouble: string };

/** An answer that does not come until the lease is over is as good as none. */
async function answerBy(endsAtMs: number, world: RenewalWorld, stop: AbortSignal): Promise<Answer> {
  const answered = new AbortController();
  const renewed = world.renew().then(
    (held): Answer => (held ? "renewed" : "lapsed"),
    (error: unknown): Answer => ({ trouble: String(error) }),
  );
  const waited = world
    .sleep(endsAtMs - world.nowMs(), AbortSignal.any([stop, answered.signal]))
    .then((): Answer => "none");
  const answer = await Promise.race([renewed, waited]);
  answered.abort();
  return answer;
}

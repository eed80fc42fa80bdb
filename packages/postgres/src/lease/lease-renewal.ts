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

/** How a lease was lost. */
export interface LeaseLoss {
  readonly reason: string;
  /** The database was asked in time, and did not answer. */
  readonly wasAway: boolean;
}

const RETRY_MS_MAX = 1_000;

/**
 * Renews a lease every third of its length, and tries again faster while that fails.
 *
 * A renewal counts from the moment it was sent. The database answered later than that, so the
 * lease here always ends before the one there: the owner knows first.
 *
 * @returns How the lease was lost, null when `stop` aborted.
 */
export async function renewLease(
  leaseMs: number,
  world: RenewalWorld,
  stop: AbortSignal,
): Promise<LeaseLoss | null> {
  let endsAtMs = world.nowMs() + leaseMs;
  let isKept = false;
  /** What became of the renewals since the last that worked; null when there was none. */
  let trouble: string | null = null;
  while (!stop.aborted) {
    const sentAtMs = world.nowMs();
    if (sentAtMs >= endsAtMs) return ranOut(trouble);
    const answer = await answerBy(endsAtMs, world, stop);
    if (answer === "none") trouble = "the database did not answer";
    if (typeof answer === "object") trouble = answer.trouble;
    if (answer === "lapsed") return { reason: "it had lapsed in the database", wasAway: false };
    if (answer === "renewed") {
      trouble = null;
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

/** A process that did not even try was stopped, or starved: by what it runs, for all it knows. */
function ranOut(trouble: string | null): LeaseLoss {
  const why = trouble ?? "this process was stopped for too long";
  return { reason: `it could not be renewed before it ran out: ${why}`, wasAway: trouble !== null };
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

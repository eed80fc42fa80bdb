import { randomUUID } from "node:crypto";

/**
 * Time and chance as the shell needs them. Real ones below; a simulation brings its own.
 * Nothing here says what time it is for the engine: only the database knows that.
 */
export interface Clock {
  /** Milliseconds on a clock that only goes forward; comparable within this process only. */
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
  /** An id that nobody had before. */
  freshId(): string;
}

/** `setTimeout` fires at once when it is asked for more: a task may well be given a month. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  random: () => Math.random(),
  freshId: () => randomUUID(),
  async sleep(ms, signal) {
    const until = performance.now() + ms;
    for (let rest = ms; rest > 0 && signal?.aborted !== true; rest = until - performance.now()) {
      await sleepOnce(Math.min(rest, TIMEOUT_MAX_MS), signal);
    }
  },
};

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(done, ms);
  signal?.addEventListener("abort", done);
  return promise;

  function done(): void {
    clearTimeout(timer);
    signal?.removeEventListener("abort", done);
    resolve();
  }
}

/** `ms`, give or take a fifth: processes that started together must not stay in step. */
export function jittered(ms: number, clock: Pick<Clock, "random">): number {
  return ms * (0.8 + 0.4 * clock.random());
}

/**
 * Waits for `work`, but no longer than `ms`.
 *
 * @returns Whether it settled in time. A late rejection is nobody's problem any more.
 */
export async function within(
  ms: number,
  work: Promise<unknown>,
  clock: Pick<Clock, "sleep">,
): Promise<boolean> {
  const done = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = clock.sleep(ms, done.signal).then(() => false);
  const inTime = await Promise.race([settled, late]);
  done.abort();
  return inTime;
}

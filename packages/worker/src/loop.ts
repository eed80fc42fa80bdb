import { type Clock, jittered } from "./clock.ts";
import type { Observer } from "./observer.ts";

export interface LoopOptions {
  /** Names the loop in problems. */
  readonly name: string;
  readonly clock: Clock;
  readonly observe: Observer;
  /** One round; resolves to the milliseconds until the next, jittered where that matters. */
  readonly round: () => Promise<number>;
}

export interface Loop {
  /** Starts the next round now, or right after the one under way. */
  wake(): void;
  /** No round starts after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

const BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 10_000;

/**
 * Does `round` again and again, the first time at once. A round that throws is reported and
 * backed off, and never ends the loop.
 */
export function startLoop(options: LoopOptions): Loop {
  const { clock, observe } = options;
  let stopped = false;
  /** Of the round under way and the wait after it: aborted, the wait ends at once. */
  let pause = new AbortController();
  const ended = run();
  return {
    wake: () => pause.abort(),
    stop() {
      stopped = true;
      pause.abort();
      return ended;
    },
  };

  async function run(): Promise<void> {
    for (let failures = 0; !stopped;) {
      pause = new AbortController();
      let waitMs: number;
      try {
        waitMs = await options.round();
        failures = 0;
      } catch (error) {
        observe({ type: "problem", where: options.name, error });
        waitMs = jittered(Math.min(BACKOFF_MS * 2 ** failures, BACKOFF_MAX_MS), clock);
        failures += 1;
      }
      await clock.sleep(waitMs, pause.signal);
    }
  }
}

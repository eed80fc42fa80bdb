import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** The twin of `systemClock` for tests: it moves only when it is told to, and has no chance. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #nowMs = 0;
  #ids = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Always in the middle, so that jitter changes nothing. */
  random(): number {
    return 0.5;
  }

  freshId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, "0")}`;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      this.#sleepers.delete(sleeper);
      resolve();
    };
    const sleeper = { untilMs: this.#nowMs + ms, wake };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", wake, { once: true });
    return promise;
  }

  /** How many wait for this clock. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves on, stopping at each instant that somebody waits for until all it causes has happened. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms;
    await turn();
    for (let next = this.#next(targetMs); next !== undefined; next = this.#next(targetMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.untilMs);
      next.wake();
      await turn();
    }
    this.#nowMs = targetMs;
  }

  #next(targetMs: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ untilMs }) => untilMs <= targetMs);
    return due.toSorted((a, b) => a.untilMs - b.untilMs)[0];
  }
}

/** Lets all microtasks run, and what was put off to the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

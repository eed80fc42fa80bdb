import type { Clock } from "../clock.ts";

const DEAF_MS = 10_000;
const DEAF_MS_MAX = 300_000;

/**
 * Notices that bells are not heard although there is something to hear: looks find work, again and
 * again, that none has announced. A listener can be connected, content, and never hear anything
 * again; only what it misses tells.
 */
export class Deafness {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #ringsFailed: () => number;
  #failedBefore = 0;
  /** The first look since the latest bell that found something. */
  #sinceMs: number | null = null;
  #patienceMs = DEAF_MS;

  constructor(clock: Pick<Clock, "nowMs">, ringsFailed: () => number) {
    this.#clock = clock;
    this.#ringsFailed = ringsFailed;
  }

  heard(): void {
    this.#sinceMs = null;
    this.#patienceMs = DEAF_MS;
  }

  /**
   * To be told of each look that found what no bell had announced.
   *
   * @returns True when it is time to listen anew; less and less often while that does not help.
   */
  missed(): boolean {
    const nowMs = this.#clock.nowMs();
    const failed = this.#ringsFailed();
    // Nobody can hear what is not rung: while the service is away there is nothing to mend here.
    if (failed > this.#failedBefore) this.#sinceMs = null;
    this.#failedBefore = failed;
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs < this.#patienceMs) return false;
    this.#sinceMs = null;
    this.#patienceMs = Math.min(2 * this.#patienceMs, DEAF_MS_MAX);
    return true;
  }
}

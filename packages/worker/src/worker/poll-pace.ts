import { type Clock, jittered } from "../clock.ts";

/** Without bells, polling is what makes things go on. */
const DEAF_MS = 1_000;
const HEARING_MS = 2_500;

/** How often to look for work that no bell announced: rarely, while bells do their part. */
export class PollPace {
  readonly #clock: Clock;
  readonly #ringsFailed: () => number;
  #failedBefore = 0;
  /** A bell was heard, and since then nothing spoke against bells. */
  #hearing = false;

  constructor(clock: Clock, ringsFailed: () => number) {
    this.#clock = clock;
    this.#ringsFailed = ringsFailed;
  }

  heard(): void {
    this.#hearing = true;
  }

  /**
   * @param missed - How much a look found although no bell had announced it.
   * @returns Milliseconds until the next look.
   */
  next(missed: number): number {
    const failed = this.#ringsFailed();
    if (missed > 0 || failed > this.#failedBefore) this.#hearing = false;
    this.#failedBefore = failed;
    return jittered(this.#hearing ? HEARING_MS : DEAF_MS, this.#clock);
  }
}

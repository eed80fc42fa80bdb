import { type Chance, chanceOf } from "./chance.ts";
import type { Life } from "./life.ts";
import { CALM, type Weather } from "./weather.ts";

export type Cut = "no" | "before" | "after";

/** What becomes of a statement; a conflict leaves the connection as it was. */
export type Slip = Cut | "conflict";

const CONFLICTS = 0.2;

const SLOW_MS_MAX = 30_000;
const LATE_BELL_MS_MAX = 10_000;

/** What goes wrong by chance while the storm lasts. */
export class Mishaps {
  readonly #crashing: Chance;
  readonly #cutting: Chance;
  readonly #breaking: Chance;
  readonly #slowing: Chance;
  readonly #ringing: Chance;
  #weather: Weather;

  constructor(seed: number, weather: Weather) {
    this.#weather = weather;
    this.#crashing = chanceOf(seed, "crashes");
    this.#cutting = chanceOf(seed, "commits");
    this.#breaking = chanceOf(seed, "statements");
    this.#slowing = chanceOf(seed, "slowness");
    this.#ringing = chanceOf(seed, "bells");
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#weather = CALM;
  }

  crashes({ isMortal }: Life): boolean {
    return isMortal && this.#crashing.happens(this.#weather.crashAnywhere);
  }

  /** Whether the answer to a commit is lost, before or after it happened. */
  cutsCommit(life: Life): Cut {
    const isCut = this.#cutting.happens(this.#weather.unknownCommit) || life.isCut;
    life.isCut = false;
    return isCut ? this.#side(this.#cutting) : "no";
  }

  /** Whether the connection breaks at a statement: before it, or before its answer. */
  breaksStatement(): Slip {
    if (!this.#breaking.happens(this.#weather.brokenStatement)) return "no";
    if (this.#breaking.happens(CONFLICTS)) return "conflict";
    return this.#side(this.#breaking);
  }

  /** Milliseconds for which something is held up. */
  slowness(): number {
    if (!this.#slowing.happens(this.#weather.slow)) return 0;
    // Most are short; the longest outlast a lease twice.
    return Math.ceil(SLOW_MS_MAX * this.#slowing.next() ** 3);
  }

  /** When each copy of a bell is heard, in milliseconds from now. */
  echoes(): { readonly delaysMs: readonly number[]; readonly fate: string } {
    const { dropBell, doubleBell, delayBell } = this.#weather;
    if (this.#ringing.happens(dropBell)) return { delaysMs: [], fate: "lost" };
    const isDouble = this.#ringing.happens(doubleBell);
    const isLate = this.#ringing.happens(delayBell);
    const delayMs = isLate ? this.#ringing.between(1, LATE_BELL_MS_MAX) : 0;
    const fate = isDouble ? "doubled" : isLate ? "late" : "rung";
    return { delaysMs: isDouble ? [0, delayMs] : [delayMs], fate };
  }

  #side(chance: Chance): Cut {
    return chance.happens(0.5) ? "before" : "after";
  }
}

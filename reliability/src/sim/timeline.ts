import { present } from "@millrace/core/internal";
import type { Chance } from "./chance.ts";
import { quiet } from "./quiet.ts";

/** Whoever waits to go on. What belongs to the world itself is `WORLD`'s. */
export interface Owner {
  readonly name: string;
  /** A frozen one does not go on for now. */
  readonly isFrozen: boolean;
  /** Told before it goes on. False: it does not, because it has just died. */
  readonly survives: (what: string) => boolean;
}

export interface Waiting {
  readonly owner: Owner;
  readonly what: string;
  /** Not before this instant. */
  readonly atMs: number;
  /** Absent: always. Asked anew before each pick. */
  readonly isReady?: () => boolean;
  readonly go: () => void;
}

export const WORLD: Owner = { name: "world", isFrozen: false, survives: () => true };

const SLOW_STEPS = 0.05;
const STEP_MS_MAX = 20;

/**
 * The one who decides what happens next. Whatever wants to go on waits here; while anything can,
 * one of them goes, picked by chance, and does all that it can do without waiting again. Only
 * when nothing can go does time pass, to the next instant at which something may.
 */
export class Timeline {
  readonly #chance: Chance;
  readonly #trace: (line: string) => void;
  readonly #startedAt: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #nowMs: number;
  #picks = 0;

  constructor(startedAt: number, chance: Chance, trace: (line: string) => void) {
    this.#startedAt = startedAt;
    this.#nowMs = startedAt;
    this.#chance = chance;
    this.#trace = trace;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How often something went on. */
  get picks(): number {
    return this.#picks;
  }

  /** @returns What takes it away again. */
  add(waiting: Waiting): () => void {
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  removeAll(owner: Owner): void {
    for (const waiting of this.#waiting) {
      if (waiting.owner === owner) this.#waiting.delete(waiting);
    }
  }

  /** What waits for an instant within `ms` from now does not wait any longer. */
  skip(owner: Owner, ms: number): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.owner !== owner || waiting.atMs <= this.#nowMs) continue;
      Object.assign(waiting, { atMs: waiting.atMs - ms });
    }
  }

  say(owner: Owner, what: string): void {
    this.#trace(`t=${Math.round(this.#nowMs - this.#startedAt)} ${owner.name} ${what}`);
  }

  /**
   * Lets one go on, or time pass.
   *
   * @returns False when nothing can happen up to `untilMs`.
   */
  async step(untilMs: number): Promise<boolean> {
    await quiet();
    const ready = [...this.#waiting].filter((each) => this.#canGo(each));
    if (ready.length === 0) return this.#passTime(untilMs);
    const picked = present(ready[this.#chance.below(ready.length)]);
    this.#picks += 1;
    if (!picked.owner.survives(picked.what)) return true;
    this.#waiting.delete(picked);
    this.say(picked.owner, picked.what);
    picked.go();
    // Things take time: not all that is due at an instant is done within it.
    if (this.#chance.happens(SLOW_STEPS)) this.#nowMs += 1 + this.#chance.below(STEP_MS_MAX);
    return true;
  }

  #canGo({ owner, atMs, isReady }: Waiting): boolean {
    return !owner.isFrozen && atMs <= this.#nowMs && (isReady?.() ?? true);
  }

  #passTime(untilMs: number): boolean {
    const later = [...this.#waiting]
      .filter(({ owner, atMs }) => !owner.isFrozen && atMs > this.#nowMs)
      .map(({ atMs }) => atMs);
    const next = Math.min(Infinity, ...later);
    if (next > untilMs) return false;
    this.#nowMs = next;
    return true;
  }
}

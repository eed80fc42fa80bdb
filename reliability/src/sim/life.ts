import { type Chance, chanceOf } from "./chance.ts";
import type { Owner, Timeline } from "./timeline.ts";
import type { Session } from "./server.ts";
import type { World } from "./world.ts";

/**
 * One process, from its start to its end. All that it waits for goes through here: once it is
 * dead nothing of that ever settles, so that not one line of it runs any more.
 */
export class Life implements Owner {
  readonly name: string;
  /** Threads of the same process: they end with it, and are blocked only when all of it is. */
  readonly threads: Life[] = [];
  readonly chance: Chance;
  readonly sessions: Set<Session> = new Set();
  readonly #world: World;
  /** Died, or ended as it should. */
  isOver = false;
  isFrozen = false;
  /** Its next commit is answered by a broken connection. */
  isCut = false;
  clockOffsetMs: number;

  /** Whether chance may kill it. */
  readonly isMortal: boolean;

  constructor(world: World, name: string, options: LifeOptions) {
    const { start, clockOffsetMs, isMortal } = options;
    this.name = name;
    this.isMortal = isMortal;
    this.chance = chanceOf(world.seed, `${name} ${start}`);
    this.clockOffsetMs = clockOffsetMs;
    this.#world = world;
  }

  /** Begins a thread beside the main one. */
  thread(name: string): Life {
    const options = { start: 0, clockOffsetMs: this.clockOffsetMs, isMortal: false };
    const thread = new Life(this.#world, `${this.name}/${name}`, options);
    thread.isFrozen = this.isFrozen;
    thread.isOver = this.isOver;
    this.threads.push(thread);
    return thread;
  }

  get timeline(): Timeline {
    return this.#world.timeline;
  }

  readonly survives = (what: string): boolean => {
    if (!this.#world.mishaps.crashes(this)) return true;
    this.#world.crash(this, what);
    return false;
  };

  /** Waits until it may go on, and then does `act`. */
  turn<T>(what: string, act: () => T, when: TurnOptions = {}): Promise<T> {
    if (this.isOver) return never();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { timeline } = this.#world;
    const { delayMs = 0, isReady } = when;
    timeline.add({
      owner: this,
      what,
      atMs: timeline.nowMs + delayMs,
      ...(isReady && { isReady }),
      go: () => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      },
    });
    return promise;
  }

  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.isOver) return never();
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { timeline } = this.#world;
    const atMs = timeline.nowMs + ms;
    const forget = timeline.add({ owner: this, what: "wakes", atMs, go: wake });
    signal?.addEventListener("abort", abort, { once: true });
    return promise;

    function abort(): void {
      forget();
      resolve();
    }

    function wake(): void {
      signal?.removeEventListener("abort", abort);
      resolve();
    }
  }
}

export interface LifeOptions {
  /** The how-manieth of its process, 0 first. */
  readonly start: number;
  readonly clockOffsetMs: number;
  readonly isMortal: boolean;
}

export interface TurnOptions {
  readonly delayMs?: number;
  readonly isReady?: () => boolean;
}

export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

import {
  type Bell,
  type BellQueue,
  type Channel,
  type Listener,
  type ListenOptions,
  present,
} from "@millrace/core/internal";
import { chanceOf } from "./chance.ts";
import { type Life, never } from "./life.ts";
import { WORLD } from "./timeline.ts";
import type { World } from "./world.ts";

const RING_MS_MAX = 250;
const WAITING_MAX = 1_000;

interface Ear {
  readonly life: Life;
  readonly options: ListenOptions;
  isOpen: boolean;
}

/** The queue that all processes share. It may lose, double, delay and reorder what it is given. */
export class SimQueue {
  readonly #world: World;
  readonly #ears = new Set<Ear>();
  readonly #waiting = new Set<() => void>();
  readonly #turns;

  constructor(world: World) {
    this.#world = world;
    this.#turns = chanceOf(world.seed, "listeners");
  }

  /** The queue as one process sees it. */
  of(life: Life): BellQueue {
    return {
      ring: (bells) => this.#ring(life, bells),
      listen: (options) => this.#listen(life, options),
      close: async () => {},
    };
  }

  /** All bells that wait are gone. */
  loseAll(): void {
    this.#world.count("bells lost with the queue", this.#waiting.size);
    for (const forget of this.#waiting) forget();
    this.#waiting.clear();
  }

  /** Nobody of a process that is over hears anything. */
  forget(life: Life): void {
    for (const ear of this.#ears) if (ear.life === life) this.#ears.delete(ear);
  }

  async #ring(life: Life, bells: readonly Bell[]): Promise<boolean> {
    const { outages, count } = this.#world;
    if (life.isOver) return never();
    this.#world.judgeBells(bells);
    if (outages.isDeaf) {
      count("rings at a queue that was gone");
      await life.sleep(RING_MS_MAX);
      return false;
    }
    for (const bell of bells) this.#spread(bell);
    await life.turn("has rung", () => {});
    return true;
  }

  async #listen(life: Life, options: ListenOptions): Promise<Listener> {
    if (this.#world.outages.isDeaf) {
      await life.turn("cannot listen", () => {});
      throw new Error("connect ECONNREFUSED");
    }
    const ear: Ear = { life, options, isOpen: true };
    await life.turn("listens", () => void this.#ears.add(ear));
    return {
      pause: () => void (ear.isOpen = false),
      resume: () => void (ear.isOpen = true),
      stop: async () => void this.#ears.delete(ear),
    };
  }

  #spread(bell: Bell): void {
    const { delaysMs, fate } = this.#world.mishaps.echoes();
    this.#world.count(`bells ${fate}`);
    if (bell.tasks.some(({ ring }) => ring > 0)) this.#world.count("bells rung again");
    for (const delayMs of delaysMs) this.#wait(bell, delayMs);
  }

  #wait(bell: Bell, delayMs: number): void {
    if (this.#waiting.size >= WAITING_MAX) return;
    const { timeline } = this.#world;
    const names = bell.tasks.map(({ taskRunId, attempt }) => `${taskRunId}.${attempt}`);
    const remove = timeline.add({
      owner: WORLD,
      what: `bell for ${names.join(", ")}`,
      atMs: timeline.nowMs + delayMs,
      isReady: () => !this.#world.outages.isDeaf && this.#hearing(bell.channel).length > 0,
      go: () => {
        this.#waiting.delete(remove);
        this.#give(bell);
      },
    });
    this.#waiting.add(remove);
  }

  #give(bell: Bell): void {
    const hearing = this.#hearing(bell.channel);
    const { life, options } = present(hearing[this.#turns.below(hearing.length)], "listener");
    this.#world.timeline.say(life, "hears it");
    // An answer that fails leaves its bell to the sweep, as everywhere.
    options.answer(bell).catch(() => this.#world.count("bells whose answer failed"));
  }

  #hearing({ queue, version }: Channel): readonly Ear[] {
    const hears = (each: Channel): boolean => each.queue === queue && each.version === version;
    return [...this.#ears].filter(
      ({ life, isOpen, options }) => isOpen && !life.isFrozen && options.channels.some(hears),
    );
  }
}

import type { Bell, BellQueue, Channel, Listener } from "@millrace/core/internal";
import { type Clock, jittered, within } from "../clock.ts";
import type { Observer } from "../observer.ts";

export interface EarDependencies {
  readonly queue: BellQueue;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly channels: readonly Channel[];
  readonly answer: (bell: Bell) => Promise<void>;
}

const AGAIN_MS = 2_000;
const STOP_MS_MAX = 2_000;

/** Listens to bells while there is room for what they announce. */
export class Ear {
  readonly #dependencies: EarDependencies;
  readonly #stopping = new AbortController();
  #listener: Listener | null = null;
  #open = true;

  constructor(dependencies: EarDependencies) {
    this.#dependencies = dependencies;
  }

  /** Tries until the queue can be reached; resolves when bells are heard, or after `stop`. */
  async start(): Promise<void> {
    const { queue, channels, answer, clock, observe } = this.#dependencies;
    const { signal } = this.#stopping;
    while (!signal.aborted && this.#listener === null) {
      try {
        this.#listener = await queue.listen({ channels, answer });
        if (!this.#open) this.#apply();
        if (signal.aborted) await this.#listener.stop();
      } catch (error) {
        observe({ type: "problem", where: "listen", error });
        await clock.sleep(jittered(AGAIN_MS, clock), signal);
      }
    }
  }

  /** Replaces a listener that may have gone deaf. */
  async renew(): Promise<void> {
    const { clock, observe } = this.#dependencies;
    const old = this.#listener;
    if (old?.isRemote !== true) return;
    this.#listener = null;
    const error = new Error("work came, and no bell was heard for it: listening anew");
    observe({ type: "problem", where: "listen", error });
    await Promise.all([within(STOP_MS_MAX, old.stop(), clock), this.start()]);
  }

  /** Takes bells only while open. Cheap when nothing changes. */
  setOpen(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    this.#apply();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#listener?.stop();
  }

  #apply(): void {
    if (this.#open) this.#listener?.resume();
    else this.#listener?.pause();
  }
}

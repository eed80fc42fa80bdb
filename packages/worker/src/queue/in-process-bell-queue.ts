import type { Bell, BellQueue, Listener, ListenOptions } from "@millrace/core/internal";
import { channelName } from "./channel-name.ts";

export interface InProcessBellQueueOptions {
  /** Bells of one channel that may wait; further ones are not rung, and a sweep rings again. */
  readonly waitingMax?: number;
  /** Hears what an `answer` threw. */
  readonly onError?: (error: unknown) => void;
}

/**
 * {@link BellQueue} within one process: for the embedded mode, where nobody else can hear.
 * Listeners of a channel take turns. An answer is called in a later turn of the event loop than
 * `ring`, so that ringing costs its caller nothing and cannot call it back.
 */
export class InProcessBellQueue implements BellQueue {
  readonly #waitingMax: number;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<string, Bell[]>();
  readonly #listeners = new Map<string, InProcessListener[]>();
  #isDispatching = false;
  #isClosed = false;

  constructor(options: InProcessBellQueueOptions = {}) {
    this.#waitingMax = options.waitingMax ?? 10_000;
    this.#onError = options.onError ?? (() => {});
  }

  async ring(bells: readonly Bell[]): Promise<boolean> {
    if (this.#isClosed) return false;
    let rang = true;
    for (const bell of bells) {
      const waiting = entryOf(this.#waiting, channelName(bell.channel));
      if (waiting.length < this.#waitingMax) waiting.push(bell);
      else rang = false;
    }
    this.#dispatchSoon();
    return rang;
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const names = options.channels.map(channelName);
    const listener = new InProcessListener(options, this.#onError, {
      resumed: () => this.#dispatchSoon(),
      stopped: () => {
        for (const name of names) {
          const others = entryOf(this.#listeners, name).filter((other) => other !== listener);
          this.#listeners.set(name, others);
        }
      },
    });
    for (const name of names) entryOf(this.#listeners, name).push(listener);
    this.#dispatchSoon();
    return listener;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#listeners.clear();
  }

  #dispatchSoon(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    setImmediate(() => {
      this.#isDispatching = false;
      for (const [name, waiting] of this.#waiting) this.#dispatch(name, waiting);
    });
  }

  /** An answer may pause its listener at once, so who can hear is asked for each bell anew. */
  #dispatch(name: string, waiting: Bell[]): void {
    const listeners = this.#listeners.get(name) ?? [];
    let taken = 0;
    for (const bell of waiting) {
      const index = listeners.findIndex((listener) => listener.isHearing);
      const listener = listeners[index];
      if (listener === undefined) break;
      listeners.push(...listeners.splice(index, 1));
      void listener.hear(bell);
      taken += 1;
    }
    waiting.splice(0, taken);
    if (waiting.length === 0) this.#waiting.delete(name);
  }
}

class InProcessListener implements Listener {
  readonly #options: ListenOptions;
  readonly #onError: (error: unknown) => void;
  readonly #tell: { readonly resumed: () => void; readonly stopped: () => void };
  #state: "hearing" | "paused" | "stopped" = "hearing";

  constructor(
    options: ListenOptions,
    onError: (error: unknown) => void,
    tell: { readonly resumed: () => void; readonly stopped: () => void },
  ) {
    this.#options = options;
    this.#onError = onError;
    this.#tell = tell;
  }

  get isHearing(): boolean {
    return this.#state === "hearing";
  }

  async hear(bell: Bell): Promise<void> {
    try {
      await this.#options.answer(bell);
    } catch (error) {
      this.#onError(error);
    }
  }

  pause(): void {
    if (this.#state === "hearing") this.#state = "paused";
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "hearing";
    this.#tell.resumed();
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#tell.stopped();
  }
}

function entryOf<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh: T[] = [];
  map.set(key, fresh);
  return fresh;
}

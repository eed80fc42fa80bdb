import { setImmediate } from "node:timers/promises";
import type { Listener, ListenOptions } from "@millrace/core/internal";
import { fromJobData } from "./bell-job.ts";
import { ChannelEar } from "./channel-ear.ts";
import { channelName } from "./channel-name.ts";
import { type ListeningConnection, openListening } from "./redis-connection.ts";
import { within } from "./within.ts";

export interface BullmqListenerOptions {
  readonly url: string;
  readonly prefix: string;
  readonly inHandMax: number;
  readonly staleMs: number;
  readonly onError: (error: unknown) => void;
}

const STOP_MS_MAX = 1_000;

/** Hears bells of some channels: a BullMQ worker for each, all on one connection for commands. */
export class BullmqListener implements Listener {
  readonly #connection: ListeningConnection;
  readonly #ears: readonly ChannelEar[];
  readonly #onError: (error: unknown) => void;
  #state: "hearing" | "paused" | "stopped" = "hearing";

  constructor(options: ListenOptions, settings: BullmqListenerOptions) {
    this.#onError = settings.onError;
    this.#connection = openListening(settings.url, settings.onError);
    const { redis } = this.#connection;
    const isHearing = (): boolean => this.#state === "hearing";
    this.#ears = options.channels.map(
      (channel) =>
        new ChannelEar(channelName(channel), redis, settings, {
          isHearing,
          answer: (data) => options.answer({ channel, tasks: fromJobData(data) }),
        }),
    );
    redis.on("ready", () => {
      if (isHearing()) this.#wake();
    });
  }

  pause(): void {
    if (this.#state !== "hearing") return;
    this.#state = "paused";
    for (const ear of this.#ears) ear.pauseIfAnswering();
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "hearing";
    this.#wake();
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopped";
    await within(STOP_MS_MAX, undefined, () => this.#finish(), this.#onError);
    this.#connection.end();
  }

  #wake(): void {
    for (const ear of this.#ears) ear.wake();
  }

  async #finish(): Promise<void> {
    await Promise.all(this.#ears.map((ear) => ear.finish()));
    await Promise.all(this.#ears.map((ear) => ear.close()));
    // What was being fetched has arrived before the answer to this, and is then given back.
    await this.#connection.redis.ping();
    await setImmediate();
    await this.#connection.redis.quit();
  }
}

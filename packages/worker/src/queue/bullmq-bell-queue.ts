import type { Bell, BellQueue, Listener, ListenOptions } from "@millrace/core/internal";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { bellJobId, toJobData } from "./bell-job.ts";
import { BullmqListener } from "./bullmq-listener.ts";
import { channelName } from "./channel-name.ts";
import { openRinging } from "./redis-connection.ts";
import { within } from "./within.ts";

export interface BullmqBellQueueOptions {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url: string;
  /** Of all keys in Redis: one per installation. */
  readonly prefix?: string;
  /** Bells of one channel that a listener answers at once; its executor's slots are a fair number. */
  readonly inHandMax?: number;
  /** Bells of one channel that may wait; further ones are not rung, and a sweep rings again. */
  readonly waitingMax?: number;
  /** After so long a bell is thrown away whose listener died with it in hand. */
  readonly staleMs?: number;
  /** Hears what went wrong behind the scenes: lost connections, answers that threw. For a log. */
  readonly onError?: (error: unknown) => void;
}

const RING_MS_MAX = 250;
const CLOSE_MS_MAX = 1_000;

/**
 * {@link BellQueue} across processes, on BullMQ: one queue a channel, and a job says only which
 * tasks are ready. It is tried once and then forgotten; retries, order and history are Postgres's.
 */
export class BullmqBellQueue implements BellQueue {
  readonly #options: Required<BullmqBellQueueOptions>;
  readonly #redis: Redis;
  readonly #queues = new Map<string, ChannelQueue>();
  readonly #listeners = new Set<BullmqListener>();
  #connecting: Promise<void> | null = null;

  constructor(options: BullmqBellQueueOptions) {
    const defaults = { prefix: "millrace", inHandMax: 50, waitingMax: 10_000 };
    // A sweep has long rung again by then.
    this.#options = { ...defaults, staleMs: 30_000, onError: () => {}, ...options };
    this.#redis = openRinging(this.#options.url, this.#options.onError);
  }

  ring(bells: readonly Bell[]): Promise<boolean> {
    const work = async (): Promise<boolean> => {
      if (!(await this.#isConnected())) return false;
      const byChannel = Map.groupBy(bells, (bell) => channelName(bell.channel));
      const rang = await Promise.all(
        [...byChannel].map(([name, group]) => this.#queueOf(name).ring(group)),
      );
      return rang.every(Boolean);
    };
    return within(RING_MS_MAX, false, work, this.#options.onError);
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const listener = new BullmqListener(options, this.#options);
    this.#listeners.add(listener);
    return {
      isRemote: true,
      pause: () => listener.pause(),
      resume: () => listener.resume(),
      stop: async () => {
        this.#listeners.delete(listener);
        await listener.stop();
      },
    };
  }

  async close(): Promise<void> {
    const stop = async (): Promise<void> => {
      await Promise.all([...this.#listeners].map((listener) => listener.stop()));
      await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    };
    await within(CLOSE_MS_MAX, undefined, stop, this.#options.onError);
    this.#redis.disconnect();
  }

  /** Waits for a connection that is being made; one that was lost is not worth waiting for. */
  async #isConnected(): Promise<boolean> {
    const { status } = this.#redis;
    if (status === "connecting" || status === "connect") {
      this.#connecting ??= new Promise((resolve) => {
        const settle = (): void => {
          this.#redis.off("ready", settle).off("close", settle);
          this.#connecting = null;
          resolve();
        };
        this.#redis.on("ready", settle).on("close", settle);
      });
      await this.#connecting;
    }
    return this.#redis.status === "ready";
  }

  #queueOf(name: string): ChannelQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new ChannelQueue(name, this.#redis, this.#options);
    this.#queues.set(name, queue);
    return queue;
  }
}

/** The ringing end of one channel. */
class ChannelQueue {
  readonly #queue: Queue;
  readonly #waitingMax: number;
  /** Bells that may be rung before the number of those that wait is asked for again. */
  #unchecked = 0;

  constructor(name: string, redis: Redis, options: Required<BullmqBellQueueOptions>) {
    this.#waitingMax = options.waitingMax;
    this.#queue = new Queue(name, {
      connection: redis,
      prefix: options.prefix,
      skipWaitingForReady: true,
      skipVersionCheck: true,
      // Nobody reads BullMQ's own events.
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    });
    this.#queue.on("error", options.onError);
  }

  async ring(bells: readonly Bell[]): Promise<boolean> {
    if (this.#unchecked < bells.length) {
      this.#unchecked = (this.#waitingMax - (await this.#queue.getWaitingCount())) / 2;
      if (this.#unchecked < bells.length) return false;
    }
    this.#unchecked -= bells.length;
    await this.#queue.addBulk(
      bells.map(({ tasks }) => ({
        name: "bell",
        data: toJobData(tasks),
        opts: { jobId: bellJobId(tasks) },
      })),
    );
    return true;
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}

import { setImmediate } from "node:timers/promises";
import { type Job, WaitingError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { BellJobData } from "./bell-job.ts";

export interface ChannelEarOptions {
  readonly prefix: string;
  readonly inHandMax: number;
  readonly staleMs: number;
  readonly onError: (error: unknown) => void;
}

export interface ChannelEarCalls {
  readonly isHearing: () => boolean;
  readonly answer: (data: BellJobData) => Promise<void>;
}

/** BullMQ's default of 15 s would leave a listener deaf for so long after Redis is back. */
const RETRY_MS = 500;

/**
 * Hears one channel: a BullMQ worker whose jobs end when the bell is answered.
 *
 * A worker that waits for a job in Redis cannot be told to stop waiting without breaking its
 * connection, so pausing an idle one is left to the bell that comes: it is given back, at once
 * and to the front of the queue, where another listener takes it.
 */
export class ChannelEar {
  readonly #worker: Worker<BellJobData, void>;
  readonly #calls: ChannelEarCalls;
  readonly #onError: (error: unknown) => void;
  readonly #inHand = new Set<Promise<void>>();

  constructor(name: string, redis: Redis, options: ChannelEarOptions, calls: ChannelEarCalls) {
    this.#calls = calls;
    this.#onError = options.onError;
    this.#worker = new Worker(name, (job, token) => this.#hear(job, token), {
      connection: redis,
      prefix: options.prefix,
      concurrency: options.inHandMax,
      runRetryDelay: RETRY_MS,
      lockDuration: options.staleMs,
      stalledInterval: options.staleMs,
      skipLockRenewal: true,
      // Never run it twice, but do throw away what a dead listener left in hand.
      maxStalledCount: 0,
    });
    this.#worker.on("error", options.onError);
  }

  /** Stops it from fetching the next bell with the end of this one. */
  pauseIfAnswering(): void {
    if (this.#inHand.size > 0) this.#pause();
  }

  wake(): void {
    if (this.#worker.isRunning() && !this.#worker.isPaused()) return;
    void this.#resume();
  }

  /** Resolves when every bell in hand is answered. */
  async finish(): Promise<void> {
    this.#pause();
    await Promise.all(this.#inHand);
    await setImmediate();
  }

  /** Does not wait for answers: once BullMQ's own `close` waits for one, nothing can hurry it. */
  close(): Promise<void> {
    return this.#worker.close(true);
  }

  async #hear(job: Job<BellJobData, void>, token: string | undefined): Promise<void> {
    if (!this.#calls.isHearing()) {
      this.#pause();
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const answered = this.#calls.answer(job.data).catch(this.#onError);
    this.#inHand.add(answered);
    // The answer may have paused the listener when this was not in hand yet.
    if (!this.#calls.isHearing()) this.#pause();
    await answered;
    this.#inHand.delete(answered);
  }

  #pause(): void {
    this.#worker.pause(true).catch(this.#onError);
  }

  async #resume(): Promise<void> {
    await this.#worker.resume();
    await setImmediate();
    // It may have been about to end its loop when it was resumed, and have ended it since.
    if (this.#calls.isHearing() && !this.#worker.isRunning()) {
      await this.#worker.run().catch(this.#onError);
    }
  }
}

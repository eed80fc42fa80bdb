import { randomUUID } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import type { S3RedisEventSource } from "../source/s3-redis-event-source.ts";
import type { MessageQueue, QueueMessage } from "./message-queue.ts";
import { LEAVE, TAKE } from "./redis-list-script.ts";

const MESSAGES_MAX = 10;
/** What a process took and did not remove in this time is given to the others. */
const LEASE_MS = 60_000;
/** Idle processes look this often for what dead ones left. */
const WAIT_SECONDS = 10;
/** A connection that is silent for longer than it may is broken off. */
const ANSWER_MS_MAX = 5_000;

const CONNECTION: Omit<RedisOptions, "replyMapping"> = {
  connectTimeout: 2_000,
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), 1_000),
  socketTimeout: ANSWER_MS_MAX,
};

/**
 * {@link MessageQueue} on a list in Redis that somebody pushes to at its right end.
 *
 * Waiting moves an entry only from one list that all share to another, `arrived`, and never into
 * a list of one's own: a connection that breaks while it waits may have been served, and its
 * process may be dead by then, or taken for dead.
 */
export class RedisListQueue implements MessageQueue {
  readonly #redis: Redis;
  /** A connection that waits for an entry can do nothing else. */
  readonly #waiting: Redis;
  readonly #taker: string = randomUUID();
  readonly #list: string;
  readonly #arrived: string;
  readonly #takers: string;
  readonly #taken: string;
  /** What broke a connection says more than that a command could not be sent. */
  #lastError: unknown = null;

  constructor({ name, url, key }: S3RedisEventSource) {
    this.#list = key;
    this.#arrived = `${key}:arrived`;
    this.#takers = `${key}:consumers`;
    this.#taken = `${key}:processing:${this.#taker}`;
    const connectionName = `millrace-source-${name}`;
    this.#redis = new Redis(url, { ...CONNECTION, connectionName });
    const socketTimeout = WAIT_SECONDS * 1_000 + ANSWER_MS_MAX;
    this.#waiting = new Redis(url, { ...CONNECTION, connectionName, socketTimeout });
    for (const redis of [this.#redis, this.#waiting])
      redis.on("error", (error: unknown) => (this.#lastError = error));
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    const messages = await this.#ask(this.#redis, this.#take());
    if (messages.length > 0 || signal.aborted) return messages;
    await this.#ask(this.#waiting, this.#arrival(signal));
    return [];
  }

  async remove(messages: readonly QueueMessage[]): Promise<readonly string[]> {
    const transaction = this.#redis.multi();
    for (const { receipt } of messages) transaction.lrem(this.#taken, 1, toBytes(receipt));
    const results = (await this.#ask(this.#redis, transaction.exec())) ?? [];
    return results.flatMap(([error, removed]) => {
      if (error !== null) return [error.message];
      return removed === 1 ? [] : [`it took longer than ${LEASE_MS / 1_000} s and was given back`];
    });
  }

  /** Gives back what is not removed. Without Redis that happens when the lease ends. */
  async close(): Promise<void> {
    this.#waiting.disconnect();
    if (this.#redis.status === "ready") await this.#leave().catch(() => null);
    this.#redis.disconnect();
  }

  async #take(): Promise<readonly QueueMessage[]> {
    const keys = [this.#list, this.#arrived, this.#takers, this.#taken];
    const options = [this.#taker, `${this.#list}:processing:`, LEASE_MS, MESSAGES_MAX];
    const taken = await this.#redis.callBuffer("EVAL", TAKE, keys.length, ...keys, ...options);
    return (taken as readonly Buffer[]).map(toMessage);
  }

  /** Resolves when something has arrived, or nothing for a while; throws when aborted. */
  async #arrival(signal: AbortSignal): Promise<void> {
    const stopWaiting = (): void => this.#waiting.disconnect();
    signal.addEventListener("abort", stopWaiting, { once: true });
    try {
      await this.#waiting.blmove(this.#list, this.#arrived, "LEFT", "RIGHT", WAIT_SECONDS);
    } finally {
      signal.removeEventListener("abort", stopWaiting);
    }
  }

  async #leave(): Promise<void> {
    const keys = [this.#list, this.#taken, this.#takers];
    await this.#ask(
      this.#redis,
      this.#redis.call("EVAL", LEAVE, keys.length, ...keys, this.#taker),
    );
  }

  /**
   * Fails as soon as the connection breaks, and says what broke it. The client would send the
   * command again, sooner or later; but whoever asked is told at once, and asks again itself.
   */
  async #ask<T>(redis: Redis, answer: Promise<T>): Promise<T> {
    const broken = Promise.withResolvers<never>();
    const onClose = (): void => broken.reject(new Error("The connection was closed."));
    redis.once("close", onClose);
    try {
      return await Promise.race([answer, broken.promise]);
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") throw error;
      throw new Error("Redis does not answer.", { cause: this.#lastError ?? error });
    } finally {
      redis.off("close", onClose);
    }
  }
}

/** A receipt is the entry itself, byte for byte: it may be no text at all. */
function toMessage(entry: Buffer): QueueMessage {
  return { body: entry.toString("utf8"), receipt: entry.toString("latin1") };
}

function toBytes(receipt: string): Buffer {
  return Buffer.from(receipt, "latin1");
}

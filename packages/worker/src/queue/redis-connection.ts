import { Redis, type RedisOptions } from "ioredis";

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_DELAY_MS_MAX = 1_000;

type Options = Omit<RedisOptions, "replyMapping">;

const RECONNECT: Options = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_DELAY_MS_MAX),
};

/** Fails at once when Redis is away: what it would have said can be said again later. */
export function openRinging(url: string, onError: (error: unknown) => void): Redis {
  return open(url, { ...RECONNECT, maxRetriesPerRequest: 1, enableOfflineQueue: false }, onError);
}

/** A connection from which BullMQ makes as many more as it has workers. */
export interface ListeningConnection {
  readonly redis: Redis;
  /** Ends it and all that were made from it, for good. */
  end(): void;
}

/** Waits for as long as Redis is away: a listener has nothing better to do. */
export function openListening(url: string, onError: (error: unknown) => void): ListeningConnection {
  const redis = open(url, { ...RECONNECT, maxRetriesPerRequest: null }, onError);
  const all = [redis];
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => {
    const made = duplicate(override);
    made.on("error", onError);
    all.push(made);
    return made;
  };
  return { redis, end: () => all.forEach(endForGood) };
}

/**
 * A worker that is closed while it waits for its connection to come back connects anew after it
 * was told to disconnect, and would go on trying for ever.
 */
function endForGood(redis: Redis): void {
  redis.options.retryStrategy = () => null;
  redis.on("connect", () => redis.disconnect());
  redis.disconnect();
}

/** For one question: neither waits nor comes back. */
export function openAsking(url: string, onError: (error: unknown) => void): Redis {
  return open(
    url,
    { connectTimeout: CONNECT_TIMEOUT_MS, maxRetriesPerRequest: 0, retryStrategy: () => null },
    onError,
  );
}

/** An emitter of errors to which nobody listens ends the process. */
function open(url: string, options: Options, onError: (error: unknown) => void): Redis {
  const redis = new Redis(url, options);
  redis.on("error", onError);
  return redis;
}

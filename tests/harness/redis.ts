import { randomUUID } from "node:crypto";
import { describe, inject } from "vitest";
import { redisBinary } from "../../tools/local-redis.ts";

const { redis } = inject("servers");

/** `describe` for suites on Redis: skipped, with a warning, where there is none. */
export const describeWithRedis: typeof describe | typeof describe.skip =
  redis === null ? describe.skip : describe;

/** The shared Redis of the test run. Use a {@link freshPrefix} for keys: others are there too. */
export function redisUrl(): string {
  if (redis === null) throw new Error("No Redis: write the suite in describeWithRedis.");
  return redis.url;
}

/** A key prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${randomUUID()}`;
}

const binary = redisBinary();

/** `describe` for suites that stop and start a Redis of their own, which takes a binary. */
export const describeWithRedisBinary: typeof describe | typeof describe.skip =
  binary === null ? describe.skip : describe;

/** The name of that binary. */
export function localRedisBinary(): string {
  if (binary === null) throw new Error("No redis-server on PATH.");
  return binary;
}

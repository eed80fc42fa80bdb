import { MillraceError } from "@millrace/core/internal";
import { assertRedisFit } from "@millrace/worker";
import { expect, test } from "vitest";
import { freePort } from "../../tools/free-port.ts";
import { startLocalRedis } from "../../tools/local-redis.ts";
import { describeWithRedisBinary, localRedisBinary } from "../harness/redis.ts";

describeWithRedisBinary("assertRedisFit", () => {
  const judge = async (...flags: readonly string[]): Promise<unknown> => {
    const redis = await startLocalRedis(localRedisBinary(), null, flags);
    try {
      return await assertRedisFit(redis.url).catch((error: unknown) => error);
    } finally {
      await redis.stop();
    }
  };

  test("a Redis that evicts nothing is fit", async () => {
    expect(await judge("--maxmemory-policy", "noeviction")).toBe("fit");
  });

  test.each([
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
  ])("a Redis that may evict bells is refused by the name of its policy: %s", async (policy) => {
    const error = await judge("--maxmemory-policy", policy);
    expect(MillraceError.is(error, "SERVICE_UNFIT")).toBe(true);
    expect(String(error)).toContain(`maxmemory-policy is ${policy},`);
    expect(String(error)).toContain("redis-cli config set maxmemory-policy noeviction");
  });

  test("a login that Redis refuses is told at once", async () => {
    const error = await judge("--requirepass", "secret");
    expect(MillraceError.is(error, "SERVICE_UNFIT")).toBe(true);
    expect(String(error)).toContain("NOAUTH");
  });

  test("where nothing answers is no reason to refuse", async () => {
    expect(await assertRedisFit(`redis://127.0.0.1:${await freePort()}`)).toBe("unreachable");
  });
});

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  describeObjectSource,
  isObjectSource,
  s3EventSource,
  s3ListingSource,
} from "./object-source.ts";
import { s3RedisEventSource } from "./s3-redis-event-source.ts";

const queueUrl = "https://sqs.eu-central-1.amazonaws.com/111122223333/landing";
const redisUrl = "redis://millrace:hush-hush@redis:6379/1";

describe("declaring a source", () => {
  test("gives frozen data, known as a source", () => {
    const source = s3EventSource({ name: "landing", queueUrl, region: "eu-central-1" });
    expect(source).toMatchObject({
      type: "s3-events",
      name: "landing",
      queueUrl,
      waitTimeSeconds: 20,
    });
    expect(Object.isFrozen(source)).toBe(true);
    expect(isObjectSource(source)).toBe(true);
    expect(isObjectSource(s3ListingSource({ name: "sweep", bucket: "lake", every: "5m" }))).toBe(
      true,
    );
    const redis = s3RedisEventSource({ name: "landing", url: redisUrl, key: "lake-events" });
    expect(redis).toMatchObject({ type: "s3-redis-events", name: "landing", key: "lake-events" });
    expect(Object.isFrozen(redis)).toBe(true);
    expect(isObjectSource(redis)).toBe(true);
  });

  test.each([null, undefined, {}, "landing", { type: "s3-events", name: "landing" }])(
    "%o is no source",
    (value) => expect(isObjectSource(value)).toBe(false),
  );

  test("keeps its credentials out of logs and JSON, and still has them", () => {
    const credentials = { accessKeyId: "AKIA", secretAccessKey: "hush-hush" };
    const source = s3EventSource({ name: "landing", queueUrl, credentials });
    expect(source.credentials).toBe(credentials);
    expect(JSON.stringify(source) + inspect(source) + describeObjectSource(source)).not.toContain(
      "hush",
    );
  });

  test("keeps the address of its Redis, which may hold a password, out of logs and JSON", () => {
    const source = s3RedisEventSource({ name: "landing", url: redisUrl, key: "lake-events" });
    expect(source.url).toBe(redisUrl);
    expect(JSON.stringify(source) + inspect(source) + describeObjectSource(source)).not.toContain(
      "hush",
    );
  });

  test("can be told in words", () => {
    const landing = s3RedisEventSource({ name: "landing", url: redisUrl, key: "lake-events" });
    expect(describeObjectSource(landing)).toBe(
      "landing: events from the list lake-events of redis://redis:6379/1",
    );
    const sweep = s3ListingSource({ name: "sweep", bucket: "lake", prefix: "raw/", every: "5m" });
    expect(describeObjectSource(sweep)).toBe("sweep: listings of s3://lake/raw/");
  });
});

describe("a wrong option is refused by name:", () => {
  test.each([
    [{ name: "Landing Zone" }, 'the name "Landing Zone" must be'],
    [{ queueUrl: "landing" }, '"landing" is no queue URL'],
    [{ queueUrl: "arn:aws:sqs:eu-central-1:1:landing" }, "is no queue URL"],
    [{ waitTimeSeconds: 0 }, "waitTimeSeconds is a whole number from 1 to 20"],
    [{ waitTimeSeconds: 21 }, "waitTimeSeconds is a whole number from 1 to 20"],
    [{ visibilityTimeoutSeconds: 0 }, "visibilityTimeoutSeconds is a whole number from 1"],
    [{ visibilityTimeoutSeconds: 43_201 }, "visibilityTimeoutSeconds is a whole number from 1"],
  ])("%o of an event source", (wrong, problem) => {
    expect(() => s3EventSource({ name: "landing", queueUrl, ...wrong })).toThrow(problem);
  });

  test.each([
    [{ name: "" }, 'the name "" must be'],
    [{ url: "redis:6379" }, "the url is not one of Redis"],
    [{ url: "http://redis:6379" }, "the url is not one of Redis"],
    [{ key: "" }, "key is the name of a list"],
  ])("%o of a source in Redis", (wrong, problem) => {
    const options = { name: "landing", url: redisUrl, key: "lake-events" };
    expect(() => s3RedisEventSource({ ...options, ...wrong })).toThrow(problem);
  });

  test("an address that is refused is not repeated", () => {
    const url = "rediss//millrace:hush-hush@redis";
    const declare = (): unknown => s3RedisEventSource({ name: "landing", url, key: "k" });
    expect(declare).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hush") }),
    );
  });

  test.each([
    [{ bucket: "s3://lake" }, '"s3://lake" is no name of a bucket'],
    [{ every: "often" }, 'every is "often"'],
    [{ every: "10ms" }, 'every is "10ms"'],
    [{ pagesMax: 0 }, "pagesMax is a whole number"],
  ])("%o of a listing source", (wrong, problem) => {
    const options = { name: "sweep", bucket: "lake", every: "5m" };
    expect(() => s3ListingSource({ ...options, ...wrong })).toThrow(problem);
  });
});

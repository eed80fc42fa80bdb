import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  describeObjectSource,
  isObjectSource,
  s3EventSource,
  s3ListingSource,
} from "./object-source.ts";

const queueUrl = "https://sqs.eu-central-1.amazonaws.com/111122223333/landing";

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

  test("can be told in words", () => {
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
  ])("%o of an event source", (wrong, problem) => {
    expect(() => s3EventSource({ name: "landing", queueUrl, ...wrong })).toThrow(problem);
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

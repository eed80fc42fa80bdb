import { describe, expect, test } from "vitest";
import { parseS3Message } from "./parse-s3-message.ts";

/** A record as MinIO writes it. */
function record(event: {
  eventName?: string;
  key?: string;
  object?: Record<string, unknown>;
}): Record<string, unknown> {
  return {
    eventVersion: "2.0",
    eventSource: "minio:s3",
    awsRegion: "",
    eventTime: "2026-02-03T09:27:27.123Z",
    eventName: event.eventName ?? "s3:ObjectCreated:Put",
    userIdentity: { principalId: "millrace" },
    requestParameters: { principalId: "millrace", region: "", sourceIPAddress: "172.17.0.1" },
    responseElements: {
      "x-amz-id-2": "dd9025bab4ad464b049177c95eb6ebf374d3b3fd1af9251148b658df7ac2e3e8",
      "x-amz-request-id": "15CFEDF8D4736ED9",
      "x-minio-deployment-id": "0170a4cc-dca6-4e72-86f1-c0cc760dff7f",
      "x-minio-origin-endpoint": "http://172.17.0.2:9000",
    },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "Config",
      bucket: {
        name: "lake",
        ownerIdentity: { principalId: "millrace" },
        arn: "arn:aws:s3:::lake",
      },
      object: {
        key: event.key ?? "raw%2Fairports.csv",
        size: 22,
        eTag: "5fc7298143efe1276d39a3466d4e255f",
        contentType: "text/csv",
        userMetadata: { "content-type": "text/csv" },
        sequencer: "15CFEDF8D5304D1A",
        ...event.object,
      },
    },
    source: { host: "172.17.0.1", port: "", userAgent: "MinIO (linux; amd64) minio-go/v7.0.95" },
  };
}

/** What its Redis target pushes in the format `access`. */
function access(...records: readonly unknown[]): string {
  return JSON.stringify([{ Event: records, EventTime: "2026-02-03T09:27:27.123Z" }]);
}

const AIRPORTS = {
  kind: "changed",
  event: "ObjectCreated:Put",
  bucket: "lake",
  key: "raw/airports.csv",
  etag: "5fc7298143efe1276d39a3466d4e255f",
  bytes: 22,
  versionId: null,
  sequencer: null,
  at: Date.UTC(2026, 1, 3, 9, 27, 27, 123),
  context: { correlationId: "15CFEDF8D4736ED9", traceparent: null },
};

describe("MinIO's messages", () => {
  test.each([
    ["from Redis", access(record({}))],
    [
      "from elsewhere",
      JSON.stringify({ EventName: "s3:ObjectCreated:Put", Records: [record({})] }),
    ],
  ])("tell of an object: %s", (_, body) => {
    expect(parseS3Message(body)).toEqual({ type: "objects", records: [AIRPORTS], poison: [] });
  });

  test("their sequencer, a time by some server's or client's clock, orders nothing", () => {
    const removed = record({
      eventName: "s3:ObjectRemoved:Delete",
      object: { eTag: undefined, size: undefined, sequencer: "1" },
    });
    expect(parseS3Message(access(removed))).toMatchObject({
      records: [{ kind: "removed", key: "raw/airports.csv", etag: null, sequencer: null }],
    });
  });

  test("several entries and several records of one are all read", () => {
    const [one] = JSON.parse(access(record({ key: "a" }), record({ key: "b" }))) as unknown[];
    const [two] = JSON.parse(access(record({ key: "c" }))) as unknown[];
    expect(parseS3Message(JSON.stringify([one, two]))).toMatchObject({
      records: [{ key: "a" }, { key: "b" }, { key: "c" }],
    });
  });

  test.each([
    ["raw%2Fa+b%2Bc.csv", "raw/a b+c.csv"],
    ["%C3%A9%3D100%25", "é=100%"],
    ["a%2F%2Fb", "a//b"],
  ])("key %s is %s", (encoded, key) => {
    expect(parseS3Message(access(record({ key: encoded })))).toMatchObject({ records: [{ key }] });
  });

  test.each(["s3:ObjectCreated:PutTagging", "s3:ObjectRemoved:NoOP", "s3:ObjectAccessed:Get"])(
    "%s is not news",
    (eventName) => {
      expect(parseS3Message(access(record({ eventName })))).toMatchObject({ type: "ignored" });
    },
  );

  test.each([
    ["[]", "an empty list"],
    ["[1]", "an entry has no Event"],
    [JSON.stringify([{ Event: record({}) }]), "an entry has no Event"],
    [access({ eventSource: "minio:s3" }), "no eventName"],
    [access(record({ eventName: "s3:constructor:Put" })), "no event that Millrace knows"],
  ])("%.40s is poison, with the reason", (body, reason) => {
    expect(parseS3Message(body)).toMatchObject({
      type: "poison",
      reason: expect.stringContaining(reason),
    });
  });

  test("an entry that cannot be read does not take the others with it", () => {
    const body = JSON.stringify([
      { no: "Event" },
      ...(JSON.parse(access(record({}))) as unknown[]),
    ]);
    expect(parseS3Message(body)).toMatchObject({
      type: "objects",
      records: [AIRPORTS],
      poison: [expect.stringContaining("an entry has no Event")],
    });
  });
});

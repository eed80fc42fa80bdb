import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseS3Message } from "./parse-s3-message.ts";

/** The example of the Amazon S3 User Guide, "Event message structure". */
function direct(event: {
  eventName?: string;
  key?: string;
  object?: Record<string, unknown>;
  record?: Record<string, unknown>;
}): Record<string, unknown> {
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "us-west-2",
    eventTime: "1970-01-01T00:00:01.500Z",
    eventName: event.eventName ?? "ObjectCreated:Put",
    userIdentity: { principalId: "AIDAJDPLRKLG7UEXAMPLE" },
    requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": "C3D13FE58DE4C810" },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "testConfigRule",
      bucket: {
        name: "lake",
        ownerIdentity: { principalId: "A3NL1KOZZKExample" },
        arn: "arn:aws:s3:::lake",
      },
      object: {
        key: event.key ?? "HappyFace.jpg",
        size: 1024,
        eTag: "d41d8cd98f00b204e9800998ecf8427e",
        sequencer: "0055AED6DCD90281E5",
        ...event.object,
      },
    },
    ...event.record,
  };
}

/** The example of the Amazon S3 User Guide, "EventBridge event message structure". */
function eventBridge(event: {
  type?: string;
  object?: Record<string, unknown>;
  detail?: Record<string, unknown>;
}): Record<string, unknown> {
  return {
    version: "0",
    id: "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": event.type ?? "Object Created",
    source: "aws.s3",
    account: "111122223333",
    time: "2021-11-12T00:00:00Z",
    region: "ca-central-1",
    resources: ["arn:aws:s3:::lake"],
    detail: {
      version: "0",
      bucket: { name: "lake" },
      object: {
        key: "example-key",
        size: 5,
        etag: "b1946ac92492d2347c6235b4d2611184",
        sequencer: "617f08299329d189",
        ...event.object,
      },
      "request-id": "N4N7GDK58NMKJ12R",
      requester: "123456789012",
      "source-ip-address": "1.2.3.4",
      reason: "PutObject",
      ...event.detail,
    },
  };
}

function sns(message: unknown, type = "Notification"): string {
  return JSON.stringify({
    Type: type,
    MessageId: "719a6bbf-f51b-5320-920f-3385b5e9aa56",
    TopicArn: "arn:aws:sns:us-east-1:333333333333:objects",
    Subject: "Amazon S3 Notification",
    Message: typeof message === "string" ? message : JSON.stringify(message),
    Timestamp: "2020-11-26T23:48:02.032Z",
    SignatureVersion: "1",
  });
}

function parse(message: unknown): ReturnType<typeof parseS3Message> {
  return parseS3Message(JSON.stringify(message));
}

/** The keys that a message tells of. */
function keys(message: unknown): readonly string[] {
  const parsed = typeof message === "string" ? parseS3Message(message) : parse(message);
  return parsed.type === "objects" ? parsed.records.map((record) => record.key) : [];
}

const HAPPY_FACE = {
  kind: "changed",
  event: "ObjectCreated:Put",
  bucket: "lake",
  key: "HappyFace.jpg",
  etag: "d41d8cd98f00b204e9800998ecf8427e",
  bytes: 1024,
  versionId: null,
  sequencer: "0055AED6DCD90281E5",
  at: 1_500,
  context: { correlationId: "C3D13FE58DE4C810", traceparent: null },
};

describe("documented forms", () => {
  test("S3's own form is read whole", () => {
    expect(parse({ Records: [direct({})] })).toEqual({
      type: "objects",
      records: [HAPPY_FACE],
      poison: [],
    });
  });

  test("the same inside an SNS notification is read alike, and so is raw delivery", () => {
    expect(parseS3Message(sns({ Records: [direct({})] }))).toMatchObject({ records: [HAPPY_FACE] });
  });

  test("EventBridge's form is read whole, also inside SNS", () => {
    const record = {
      kind: "changed",
      event: "Object Created",
      bucket: "lake",
      key: "example-key",
      etag: "b1946ac92492d2347c6235b4d2611184",
      bytes: 5,
      versionId: null,
      sequencer: "617f08299329d189",
      at: Date.UTC(2021, 10, 12),
    };
    expect(parse(eventBridge({}))).toMatchObject({ type: "objects", records: [record] });
    expect(parseS3Message(sns(eventBridge({})))).toMatchObject({ records: [record] });
  });

  test("MinIO's form, with its own names, is read", () => {
    const record = direct({
      eventName: "s3:ObjectCreated:Put",
      record: { eventSource: "minio:s3" },
    });
    const message = {
      EventName: "s3:ObjectCreated:Put",
      Key: "lake/HappyFace.jpg",
      Records: [record],
    };
    expect(parse(message)).toMatchObject({ records: [{ ...HAPPY_FACE, sequencer: null }] });
  });

  test("every record of a message is read", () => {
    const records = Array.from({ length: 11 }, (_, index) => direct({ key: `k${index}` }));
    expect(keys({ Records: records })).toHaveLength(11);
  });
});

describe("keys", () => {
  test.each([
    ["red+flower.jpg", "red flower.jpg"],
    ["a%2Bb", "a+b"],
    ["date%3D2026-01-01/x.csv", "date=2026-01-01/x.csv"],
    ["100%2525", "100%25"],
    ["a%2Fb/%C3%A9", "a/b/é"],
    ["a//b", "a//b"],
  ])("%s in S3's own form is %s: decoded once", (encoded, key) => {
    expect(keys({ Records: [direct({ key: encoded })] })).toEqual([key]);
    expect(keys(sns({ Records: [direct({ key: encoded })] }))).toEqual([key]);
  });

  test.each(["red+flower.jpg", "a%2Bb", "date%3D1", "100%"])(
    "%s in EventBridge's form is itself: not encoded",
    (key) => {
      expect(keys(eventBridge({ object: { key } }))).toEqual([key]);
      expect(keys(sns(eventBridge({ object: { key } })))).toEqual([key]);
    },
  );

  test("any key survives the way that S3 encodes it", () => {
    const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(key, (text) => {
        fc.pre(!text.includes("\0"));
        const encoded = encodeURIComponent(text).replaceAll("%20", "+").replaceAll("%2F", "/");
        expect(keys({ Records: [direct({ key: encoded })] })).toEqual([text]);
      }),
    );
  });
});

describe("removals", () => {
  test.each([
    ["ObjectRemoved:Delete", undefined],
    ["ObjectRemoved:DeleteMarkerCreated", "m1"],
    ["LifecycleExpiration:Delete", undefined],
    ["LifecycleExpiration:DeleteMarkerCreated", "m1"],
  ])("%s of version %s removes the object, and has no content", (eventName, versionId) => {
    const parsed = parse({ Records: [direct({ eventName, object: { versionId } })] });
    const removed = { kind: "removed", etag: null, bytes: null, versionId: versionId ?? null };
    expect(parsed).toMatchObject({ type: "objects", records: [removed] });
  });

  test("EventBridge's delete marker removes the object", () => {
    const detail = { "deletion-type": "Delete Marker Created", reason: "DeleteObject" };
    const event = eventBridge({ type: "Object Deleted", object: { "version-id": "m1" }, detail });
    expect(parse(event)).toMatchObject({ records: [{ kind: "removed", versionId: "m1" }] });
  });

  test("deleting one version for good is about history, not about the object", () => {
    const record = direct({ eventName: "ObjectRemoved:Delete", object: { versionId: "v1" } });
    const event = eventBridge({
      type: "Object Deleted",
      object: { "version-id": "v1" },
      detail: { "deletion-type": "Permanently Deleted" },
    });
    expect(parse({ Records: [record] }).type).toBe("ignored");
    expect(parse(event).type).toBe("ignored");
  });
});

test("an etag is the same with quotes and without", () => {
  const parsed = parse({ Records: [direct({ object: { eTag: '"d41d8"' } })] });
  expect(parsed).toMatchObject({ records: [{ etag: "d41d8" }] });
});

test("brackets inside a key are no nesting", () => {
  const key = `"${"[{".repeat(40)}`;
  expect(keys(eventBridge({ object: { key } }))).toEqual([key]);
});

test("the version `null` of a bucket whose versioning is suspended is none", () => {
  const parsed = parse({ Records: [direct({ object: { versionId: "null" } })] });
  expect(parsed).toMatchObject({ records: [{ versionId: null }] });
});

describe("what makes no update", () => {
  test.each([
    "ObjectTagging:Put",
    "ObjectTagging:Delete",
    "ObjectAcl:Put",
    "ObjectRestore:Completed",
    "LifecycleTransition",
    "IntelligentTiering",
    "ReducedRedundancyLostObject",
    "Replication:OperationFailedReplication",
    "s3:ObjectCreated:PutRetention",
    "s3:ObjectCreated:PutLegalHold",
    "s3:ObjectCreated:PutTagging",
    "s3:ObjectAccessed:Get",
  ])("%s is ignored, with the reason", (eventName) => {
    const parsed = parse({ Records: [direct({ eventName })] });
    const event = eventName.replace("s3:", "");
    expect(parsed).toEqual({ type: "ignored", reason: `${event} changes no object` });
  });

  test.each(["Object Tags Added", "Object Restore Completed", "Object ACL Updated"])(
    "EventBridge's %s is ignored, with the reason",
    (type) => {
      expect(parse(eventBridge({ type }))).toEqual({
        type: "ignored",
        reason: `${type} changes no object`,
      });
    },
  );

  test("s3:TestEvent is ignored, also inside SNS", () => {
    const message = {
      Service: "Amazon S3",
      Event: "s3:TestEvent",
      Time: "2014-10-13T15:57:02.089Z",
      Bucket: "lake",
      RequestId: "5582815E1AEA5ADF",
      HostId: "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR",
    };
    expect(parse(message).type).toBe("ignored");
    expect(parseS3Message(sns(message)).type).toBe("ignored");
  });

  test("a message without records is ignored", () => {
    expect(parse({ Records: [] })).toEqual({ type: "ignored", reason: "it has no records" });
  });

  test("SNS's talk about subscriptions is ignored", () => {
    expect(
      parseS3Message(sns("You have chosen to subscribe", "SubscriptionConfirmation")).type,
    ).toBe("ignored");
  });
});

describe("poison", () => {
  const nested = `{"Records":${"[".repeat(200_000)}`;
  test.each([
    ["", "not a JSON object"],
    ["not JSON", "not a JSON object"],
    ["null", "not a JSON object"],
    ["[]", "not a JSON object"],
    ['"text"', "not a JSON object"],
    [nested, "not a JSON object"],
    [`{"Records":[],"x":${"[".repeat(40)}${"]".repeat(40)}}`, "not a JSON object"],
    ["{}", "neither Records nor detail-type"],
    [JSON.stringify({ hello: "world" }), "neither Records nor detail-type"],
    [JSON.stringify({ Records: {} }), "neither Records nor detail-type"],
    [JSON.stringify({ Records: [null] }), "no eventName"],
    [
      JSON.stringify({ Records: [direct({ eventName: "Surprise:Put" })] }),
      '"Surprise:Put" is no event',
    ],
    [
      JSON.stringify({ Records: [direct({ record: { eventSource: "aws:ses" } })] }),
      "not come from S3",
    ],
    [JSON.stringify({ Records: [direct({ record: { s3: null } })] }), "names no bucket"],
    [JSON.stringify({ Records: [direct({ object: { key: 7 } })] }), "names no key"],
    [JSON.stringify({ Records: [direct({ key: "%E0%A4%A" })] }), "names no key"],
    [JSON.stringify({ Records: [direct({ key: "a%00b" })] }), "names no key"],
    [JSON.stringify({ Records: [direct({ key: "é".repeat(600) })] }), "more than 1024 bytes"],
    [JSON.stringify({ Records: [direct({ record: { eventTime: "yesterday" } })] }), "has no time"],
    [JSON.stringify(eventBridge({ object: { key: "\ud800" } })), "names no key"],
    [JSON.stringify(eventBridge({ type: "Object Melted" })), '"Object Melted" is no event'],
    [JSON.stringify({ ...eventBridge({}), source: "aws.ec2" }), "not come from aws.s3"],
    [sns("hello"), "does not hold a JSON object"],
    [sns(sns("hello")), "inside another"],
    ["x".repeat(256 * 1_024 + 1), "larger than"],
  ])("%.60s is poison, with the reason", (body, reason) => {
    const parsed = parseS3Message(body);
    expect(parsed).toMatchObject({ type: "poison", reason: expect.stringContaining(reason) });
  });

  test("a record that cannot be read does not take the others with it", () => {
    const parsed = parse({ Records: [direct({}), direct({ key: "%" }), direct({ key: "b" })] });
    expect(parsed).toMatchObject({
      type: "objects",
      records: [{ key: "HappyFace.jpg" }, { key: "b" }],
      poison: [expect.stringContaining("names no key")],
    });
  });

  test("whatever comes, parsing never throws", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ Records: [value] })),
      fc.jsonValue().map((value) => JSON.stringify({ Records: [{ ...direct({}), s3: value }] })),
      fc.jsonValue().map((value) => JSON.stringify({ ...eventBridge({}), detail: value })),
      fc.jsonValue().map((value) => sns(value)),
    );
    fc.assert(
      fc.property(anything, (body) => {
        expect(["objects", "ignored", "poison"]).toContain(parseS3Message(body).type);
      }),
      { numRuns: 500 },
    );
  });
});

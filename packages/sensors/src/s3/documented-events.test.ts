import { describe, expect, test } from "vitest";
import { parseS3Message } from "./parse-s3-message.ts";

/**
 * Every event type of the Amazon S3 User Guide, in each of the envelopes that bring it: see
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 * for S3's own, https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html for
 * EventBridge's.
 */
type Outcome = "changed" | "removed" | "ignored" | "poison";

const KEY = "raw/2026-02-03.csv";
const VERSION = "096fKKXTRTtl3on89fVO.nfljtsv6qko";

function record(eventName: string, more: Record<string, unknown>): Record<string, unknown> {
  const { versionId, eventVersion = "2.1", eventSource = "aws:s3", ...rest } = more;
  return {
    eventVersion,
    eventSource,
    awsRegion: "us-west-2",
    eventTime: "2026-02-03T00:00:00.000Z",
    eventName,
    userIdentity: { principalId: "s3.amazonaws.com" },
    requestParameters: { sourceIPAddress: "s3.amazonaws.com" },
    responseElements: { "x-amz-request-id": "C3D13FE58DE4C810" },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "testConfigRule",
      bucket: { name: "lake", arn: "arn:aws:s3:::lake" },
      object: { key: KEY, size: 9, eTag: "d41d8", versionId, sequencer: "0055AED6DCD90281E5" },
    },
    ...rest,
  };
}

function bridged(type: string, detail: Record<string, unknown>): Record<string, unknown> {
  const { versionId, source = "aws.s3", ...more } = detail;
  return {
    version: "0",
    id: "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": type,
    source,
    account: "111122223333",
    time: "2026-02-03T00:00:00Z",
    region: "ca-central-1",
    resources: ["arn:aws:s3:::lake"],
    detail: {
      version: "0",
      bucket: { name: "lake" },
      object: { key: KEY, size: 9, etag: "d41d8", "version-id": versionId, sequencer: "0055AED6" },
      "request-id": "N4N7GDK58NMKJ12R",
      requester: "123456789012",
      ...more,
    },
  };
}

/** As an SNS topic hands it on where raw delivery is off; with it on, the message is bare. */
function inSns(message: unknown): Record<string, unknown> {
  return {
    Type: "Notification",
    MessageId: "719a6bbf-f51b-5320-920f-3385b5e9aa56",
    TopicArn: "arn:aws:sns:us-east-1:333333333333:objects",
    Message: JSON.stringify(message),
    Timestamp: "2026-02-03T00:00:01.032Z",
    SignatureVersion: "1",
  };
}

function outcomeOf(message: unknown): Outcome {
  const parsed = parseS3Message(JSON.stringify(message));
  if (parsed.type !== "objects") return parsed.type;
  const [object] = parsed.records;
  expect(parsed.records).toHaveLength(1);
  expect(object).toMatchObject({ bucket: "lake", key: KEY, at: Date.UTC(2026, 1, 3) });
  expect(object?.context?.correlationId).toMatch(/^(C3D13FE58DE4C810|N4N7GDK58NMKJ12R)$/);
  return object?.kind ?? "poison";
}

describe("S3's own events", () => {
  test.each<readonly [string, Outcome, Record<string, unknown>]>([
    ["ObjectCreated:Put", "changed", {}],
    ["ObjectCreated:Post", "changed", {}],
    ["ObjectCreated:Copy", "changed", {}],
    ["ObjectCreated:CompleteMultipartUpload", "changed", {}],
    ["ObjectCreated:Put", "changed", { versionId: VERSION }],
    ["ObjectRemoved:Delete", "removed", {}],
    ["ObjectRemoved:DeleteMarkerCreated", "removed", { versionId: VERSION }],
    ["ObjectRemoved:Delete", "ignored", { versionId: VERSION }],
    ["LifecycleExpiration:Delete", "removed", { eventVersion: "2.3" }],
    ["LifecycleExpiration:Delete", "ignored", { eventVersion: "2.3", versionId: VERSION }],
    [
      "LifecycleExpiration:DeleteMarkerCreated",
      "removed",
      { eventVersion: "2.3", versionId: VERSION },
    ],
    [
      "LifecycleTransition",
      "ignored",
      {
        eventVersion: "2.3",
        lifecycleEventData: { transitionEventData: { destinationStorageClass: "STANDARD_IA" } },
      },
    ],
    [
      "IntelligentTiering",
      "ignored",
      {
        eventVersion: "2.3",
        intelligentTieringEventData: { destinationAccessTier: "ARCHIVE_ACCESS" },
      },
    ],
    ["ObjectRestore:Post", "ignored", {}],
    [
      "ObjectRestore:Completed",
      "ignored",
      {
        glacierEventData: {
          restoreEventData: {
            lifecycleRestorationExpiryTime: "2026-02-05T00:00:00.000Z",
            lifecycleRestoreStorageClass: "GLACIER",
          },
        },
      },
    ],
    ["ObjectRestore:Delete", "ignored", { eventVersion: "2.3" }],
    ["ReducedRedundancyLostObject", "ignored", {}],
    [
      "Replication:OperationFailedReplication",
      "ignored",
      {
        eventVersion: "2.2",
        replicationEventData: {
          replicationRuleId: "rule",
          destinationBucket: "arn:aws:s3:::far",
          s3Operation: "OBJECT_PUT",
          requestTime: "2026-02-02T00:00:00.000Z",
          failureReason: "AssumeRoleNotPermitted",
        },
      },
    ],
    ["Replication:OperationMissedThreshold", "ignored", { eventVersion: "2.2" }],
    ["Replication:OperationReplicatedAfterThreshold", "ignored", { eventVersion: "2.2" }],
    ["Replication:OperationNotTracked", "ignored", { eventVersion: "2.2" }],
    ["ObjectTagging:Put", "ignored", { eventVersion: "2.3" }],
    ["ObjectTagging:Delete", "ignored", { eventVersion: "2.3" }],
    ["ObjectAcl:Put", "ignored", { eventVersion: "2.3" }],
  ])("%s is %s", (name, outcome, more) => {
    const spelled = [record(name, more), record(`s3:${name}`, more)];
    for (const one of spelled) {
      expect(outcomeOf({ Records: [one] }), "direct, or by SNS with raw delivery").toBe(outcome);
      expect(outcomeOf(inSns({ Records: [one] })), "in SNS").toBe(outcome);
    }
  });

  test.each<readonly [unknown, Outcome]>([
    ["2.0", "changed"],
    ["2.1", "changed"],
    ["2.2", "changed"],
    ["2.3", "changed"],
    ["2.6", "changed"],
    ["2.17", "changed"],
    [null, "changed"],
    ["1.0", "poison"],
    ["3.0", "poison"],
    ["21", "poison"],
    [2, "poison"],
  ])(
    "of the version %s is %s: fields may be added, a new major version is another form",
    (eventVersion, outcome) =>
      expect(outcomeOf({ Records: [record("ObjectCreated:Put", { eventVersion })] })).toBe(outcome),
  );

  test.each(["aws:s3", "minio:s3", "ceph:s3"])("are known from %s", (eventSource) =>
    expect(outcomeOf({ Records: [record("ObjectCreated:Put", { eventSource })] })).toBe("changed"),
  );

  test("of a structure that is not known say so", () => {
    const message = { Records: [record("ObjectCreated:Put", { eventVersion: "3.0" })] };
    expect(parseS3Message(JSON.stringify(message))).toEqual({
      type: "poison",
      reason: 'a record has the structure "3.0"; 2.x is known here',
    });
  });
});

describe("EventBridge's events", () => {
  test.each<readonly [string, Outcome, Record<string, unknown>]>([
    ["Object Created", "changed", { reason: "PutObject" }],
    ["Object Created", "changed", { reason: "POST Object" }],
    ["Object Created", "changed", { reason: "CopyObject" }],
    ["Object Created", "changed", { reason: "CompleteMultipartUpload", versionId: VERSION }],
    [
      "Object Deleted",
      "removed",
      { reason: "DeleteObject", "deletion-type": "Permanently Deleted" },
    ],
    [
      "Object Deleted",
      "removed",
      { reason: "DeleteObject", "deletion-type": "Delete Marker Created", versionId: VERSION },
    ],
    [
      "Object Deleted",
      "ignored",
      { reason: "DeleteObject", "deletion-type": "Permanently Deleted", versionId: VERSION },
    ],
    [
      "Object Deleted",
      "removed",
      { reason: "Lifecycle Expiration", "deletion-type": "Permanently Deleted" },
    ],
    [
      "Object Deleted",
      "removed",
      {
        reason: "Lifecycle Expiration",
        "deletion-type": "Delete Marker Created",
        versionId: VERSION,
      },
    ],
    ["Object Restore Initiated", "ignored", { "source-storage-class": "GLACIER" }],
    ["Object Restore Completed", "ignored", { "source-storage-class": "GLACIER" }],
    ["Object Restore Expired", "ignored", {}],
    ["Object Storage Class Changed", "ignored", { "destination-storage-class": "STANDARD_IA" }],
    ["Object Access Tier Changed", "ignored", { "destination-access-tier": "ARCHIVE_ACCESS" }],
    ["Object ACL Updated", "ignored", {}],
    ["Object Tags Added", "ignored", {}],
    ["Object Tags Deleted", "ignored", {}],
    // Kept where somebody sees them: what they tell of is not what S3's own events tell of.
    ["AWS API Call via CloudTrail", "poison", {}],
    ["Async Copy Completion", "poison", {}],
    ["Object Created", "poison", { source: "com.example" }],
  ])("%s is %s (%o)", (type, outcome, detail) => {
    const message = bridged(type, detail);
    expect(outcomeOf(message), "direct").toBe(outcome);
    expect(outcomeOf(inSns(message)), "in SNS").toBe(outcome);
  });
});

describe("keys come through as they were written:", () => {
  test.each([
    ["a plus", "a+b", "a%2Bb"],
    ["an encoded plus, itself", "a%2Bb", "a%252Bb"],
    ["a space", "a b", "a+b"],
    ["unicode", "é/日本/😀.csv", "%C3%A9/%E6%97%A5%E6%9C%AC/%F0%9F%98%80.csv"],
    ["two slashes", "a//b", "a//b"],
    ["a slash in front", "/a", "/a"],
    ["characters of addresses", "a?b&c=d#e", "a%3Fb%26c%3Dd%23e"],
    ["1,024 bytes", "k".repeat(1_024), "k".repeat(1_024)],
    ["1,024 bytes of unicode", "é".repeat(512), "%C3%A9".repeat(512)],
  ])("%s", (_what, key, encoded) => {
    const own = record("ObjectCreated:Put", {});
    const s3 = { bucket: { name: "lake" }, object: { key: encoded, eTag: "d41d8", size: 1 } };
    const bridge = bridged("Object Created", { object: { key, etag: "d41d8", size: 1 } });
    const forms = [{ Records: [{ ...own, s3 }] }, bridge];
    for (const form of [...forms, ...forms.map(inSns)]) {
      expect(parseS3Message(JSON.stringify(form))).toMatchObject({ records: [{ key }] });
    }
  });

  test("1,025 bytes are more than S3 allows: poison", () => {
    const message = bridged("Object Created", { object: { key: `${"é".repeat(512)}x` } });
    expect(parseS3Message(JSON.stringify(message)).type).toBe("poison");
  });
});

test.each([
  ["1970-01-01T00:00:00.000Z", 0],
  ["1970-01-01T00:00:01Z", 1_000],
  ["2100-12-31T23:59:59.999Z", Date.UTC(2100, 11, 31, 23, 59, 59, 999)],
])("the time %s is read as it is", (eventTime, at) => {
  const message = { Records: [record("ObjectCreated:Put", { eventTime })] };
  expect(parseS3Message(JSON.stringify(message))).toMatchObject({ records: [{ at }] });
});

test("every cut of a message is poison, and none is read in part", () => {
  const whole = JSON.stringify({ Records: [record("ObjectCreated:Put", {})] });
  for (let length = 0; length < whole.length; length += 1) {
    expect(parseS3Message(whole.slice(0, length)).type).toBe("poison");
  }
});

test("ten megabytes are refused before they are parsed", () => {
  const parsed = parseS3Message(`{"Records":[],"x":"${"x".repeat(10 * 1_024 * 1_024)}"}`);
  expect(parsed).toMatchObject({ type: "poison", reason: expect.stringContaining("larger than") });
});

import type { DatasetSpec } from "@millrace/core/internal";
import fc from "fast-check";
import { compileMatcher } from "../../../../packages/sensors/src/match/match-object.ts";
import { parseS3Message } from "../../../../packages/sensors/src/s3/parse-s3-message.ts";
import { type FuzzTarget, holds, isReason, target } from "../fuzz-target.ts";
import { mutatedJson } from "../mutated-json.ts";
import { mutatedText } from "../mutated-text.ts";

const RECORD = {
  eventVersion: "2.1",
  eventSource: "aws:s3",
  eventTime: "2026-02-03T09:27:27.123Z",
  eventName: "ObjectCreated:Put",
  s3: {
    bucket: { name: "lake" },
    object: { key: "raw%2Fa+b.csv", size: 22, eTag: "5fc7", sequencer: "0055AE", versionId: "v1" },
  },
};
const EVENT_BRIDGE = {
  version: "0",
  "detail-type": "Object Deleted",
  source: "aws.s3",
  time: "2021-11-12T00:00:00Z",
  detail: {
    bucket: { name: "lake" },
    object: { key: "raw/a b.csv", size: 5, etag: "b194", "version-id": "m1", sequencer: "617f" },
    "deletion-type": "Delete Marker Created",
  },
};
const MINIO = [
  { Event: [{ ...RECORD, eventSource: "minio:s3", eventName: "s3:ObjectCreated:Put" }] },
];
const SEEDS = [
  { Records: [RECORD, { ...RECORD, eventName: "ObjectRemoved:Delete" }] },
  EVENT_BRIDGE,
  MINIO,
  { Type: "Notification", TopicArn: "arn", Message: JSON.stringify({ Records: [RECORD] }) },
  { Type: "Notification", Message: JSON.stringify(EVENT_BRIDGE) },
  { Service: "Amazon S3", Event: "s3:TestEvent" },
];
const dataset = (
  name: string,
  uri: string,
  partitions: DatasetSpec["partitions"],
): DatasetSpec => ({
  namespace: "default",
  name,
  uri,
  partitions,
  metadata: null,
  observed: false,
});
const matcher = compileMatcher([
  dataset("plain", "s3://lake/raw/a b.csv", {}),
  dataset("glob", "s3://lake/raw/**/*.csv", {}),
  dataset("dated", "s3://lake/raw/{date}-{who}.csv", {
    date: { kind: "day", start: "2020-01-01", timezone: "Europe/Berlin" },
    who: { kind: "dynamic", match: null },
  }),
]);

/** Broken JSON as well: text that was edited after it was written. */
const bodies = fc.oneof(
  {
    weight: 3,
    arbitrary: mutatedJson(SEEDS).map((value) => JSON.stringify(value) ?? "undefined"),
  },
  {
    weight: 1,
    arbitrary: mutatedText(
      SEEDS.map((seed) => JSON.stringify(seed)),
      ["\\u0000", "\\ud800", '"key":', "[[[["],
    ),
  },
);

/** What a message tells of can be stored and matched; what it does not tell has a reason. */
const message: FuzzTarget<string> = {
  name: "s3-message",
  inputs: bodies,
  probe(body) {
    const parsed = parseS3Message(body);
    if (parsed.type !== "objects") return holds(isReason(parsed.reason), "it is said why");
    holds(parsed.records.length > 0, "objects are told of");
    holds(parsed.poison.every(isReason), "it is said of each record why it is poison");
    for (const { bucket, key, etag, versionId, sequencer, at } of parsed.records) {
      const texts = [bucket, key, etag ?? "", versionId ?? "", sequencer ?? ""];
      holds(
        texts.every((text) => text.isWellFormed() && !text.includes("\0")),
        "it can be stored",
      );
      holds(Buffer.byteLength(key) <= 1_024 && Number.isFinite(at), "it has bounds");
      matcher.match(bucket, key);
    }
  },
};

/** Any key finds its datasets, or none, in time. */
const route: FuzzTarget<string> = {
  name: "s3-key",
  inputs: mutatedText(
    ["raw/a b.csv", "raw/x/y/z.csv", "raw/2026-01-01-ada.csv"],
    ["raw/", ".csv", "-", "//"],
  ).map((key) => key.slice(0, 1_024)),
  probe(key) {
    const { matches, unmatched } = matcher.match("lake", key);
    holds(unmatched.every(isReason), "it is said why a key does not belong");
    holds(new Set(matches.map(({ dataset: id }) => id)).size === matches.length, "each once");
  },
};

export const MESSAGE_TARGETS: readonly FuzzTarget[] = [target(message), target(route)];

import { isRecord } from "@millrace/core/internal";
import { contextOfSns } from "../intake/message-context.ts";
import { jsonDepthOf } from "./json-depth.ts";
import { readDirectRecord } from "./read-direct-record.ts";
import { readEventBridgeEvent } from "./read-eventbridge-event.ts";
import { ignored, inContext, poison, type ReadRecord, type S3Record } from "./s3-record.ts";

/** What a message about objects says, once its envelopes are off. */
export type S3Message =
  | {
      readonly type: "objects";
      readonly records: readonly S3Record[];
      /** Records beside these that cannot be read. They belong in the dead letters. */
      readonly poison: readonly string[];
    }
  | { readonly type: "ignored"; readonly reason: string }
  | { readonly type: "poison"; readonly reason: string };

/** S3 sends at most 64 KiB; anything much larger is something else. */
const MESSAGE_BYTES_MAX = 256 * 1_024;
/** Documented messages nest at most seven deep. */
const DEPTH_MAX = 32;

/**
 * The objects that a queue's message tells of. It knows S3's own form, the same inside an SNS
 * notification, EventBridge's, also inside SNS, and the list that MinIO puts in Redis. Keys come
 * decoded exactly once, as their envelope demands. Never throws: what it does not know is poison,
 * with the reason.
 */
export function parseS3Message(body: string): S3Message {
  if (Buffer.byteLength(body) > MESSAGE_BYTES_MAX)
    return poison(`the message is larger than ${MESSAGE_BYTES_MAX} bytes`);
  const message = parseJson(body);
  if (Array.isArray(message)) return parseMinioList(message);
  if (!isRecord(message)) return poison("the message is not a JSON object");
  return isSns(message) ? parseSns(message) : parseEnvelope(message);
}

/** Null for what is no JSON. */
function parseJson(text: string): unknown {
  if (jsonDepthOf(text) > DEPTH_MAX) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isSns(message: Record<string, unknown>): boolean {
  return typeof message["Type"] === "string" && typeof message["Message"] === "string";
}

function parseSns(message: Record<string, unknown>): S3Message {
  const type = message["Type"];
  // Its SubscribeURL is never fetched: whoever can write to the queue could choose the address.
  if (type !== "Notification") return ignored("SNS tells about a subscription");
  const inner = parseJson(String(message["Message"]));
  if (!isRecord(inner)) return poison("the SNS notification does not hold a JSON object");
  if (isSns(inner)) return poison("an SNS notification is inside another");
  const parsed = parseEnvelope(inner);
  if (parsed.type !== "objects") return parsed;
  const context = contextOfSns(message["MessageAttributes"]);
  return { ...parsed, records: parsed.records.map((record) => inContext(record, context)) };
}

/** MinIO's format `access`: `[{ "Event": [record], "EventTime": "…" }]`, as a rule of one record. */
function parseMinioList(entries: readonly unknown[]): S3Message {
  if (entries.length === 0) return poison("the message is an empty list, not a JSON object");
  return combine(
    entries.flatMap((entry) =>
      isRecord(entry) && Array.isArray(entry["Event"])
        ? entry["Event"].map(readDirectRecord)
        : [poison("the message is a list, and not one of MinIO's: an entry has no Event")],
    ),
  );
}

function parseEnvelope(message: Record<string, unknown>): S3Message {
  if (message["Event"] === "s3:TestEvent") return ignored("s3:TestEvent is a test of the queue");
  if (Array.isArray(message["Records"])) return combine(message["Records"].map(readDirectRecord));
  if ("detail-type" in message) return combine([readEventBridgeEvent(message)]);
  return poison("the message is no S3 event: it has neither Records nor detail-type");
}

function combine(reads: readonly ReadRecord[]): S3Message {
  const records = reads.flatMap((read) => (read.type === "object" ? [read.record] : []));
  const broken = reads.flatMap((read) => (read.type === "poison" ? [read.reason] : []));
  if (records.length > 0) return { type: "objects", records, poison: broken };
  if (broken.length > 0) return poison(broken.join("; "));
  const reasons = reads.flatMap((read) => (read.type === "ignored" ? [read.reason] : []));
  return ignored(reasons.length === 0 ? "it has no records" : [...new Set(reasons)].join("; "));
}

import { isRecord } from "@millrace/core/internal";
import { ignored, poison, type ReadRecord, type S3Record, toRecord } from "./s3-record.ts";

/** Event families that say nothing about the bytes of an object. */
const IRRELEVANT = new Set([
  "IntelligentTiering",
  "LifecycleTransition",
  "ObjectAccessed",
  "ObjectAcl",
  "ObjectAnnotation",
  "ObjectLegalHold",
  "ObjectRestore",
  "ObjectRetention",
  "ObjectTagging",
  "ReducedRedundancyLostObject",
  "Replication",
]);

/** MinIO files these, which change no bytes either, among writes and removals. */
const IRRELEVANT_EVENTS = new Set([
  "ObjectCreated:DeleteTagging",
  "ObjectCreated:PutLegalHold",
  "ObjectCreated:PutRetention",
  "ObjectCreated:PutTagging",
  "ObjectRemoved:NoOP",
]);

const KINDS: ReadonlyMap<string, S3Record["kind"]> = new Map([
  ["ObjectCreated", "changed"],
  ["ObjectRemoved", "removed"],
  ["LifecycleExpiration", "removed"],
]);

/**
 * One member of `Records`, as S3 itself sends them (and MinIO, and Ceph). Its key is encoded as
 * in a form: `+` is a space.
 */
export function readDirectRecord(value: unknown): ReadRecord {
  if (!isRecord(value) || typeof value["eventName"] !== "string")
    return poison("a record has no eventName");
  const source = value["eventSource"];
  // "aws:s3", "minio:s3", "ceph:s3".
  if (typeof source !== "string" || !source.endsWith(":s3"))
    return poison("a record does not come from S3");
  if (!isKnownVersion(value["eventVersion"]))
    return poison(`a record has the structure ${said(value["eventVersion"])}; 2.x is known here`);
  const event = value["eventName"].replace(/^s3:/, "");
  const [family = ""] = event.split(":", 1);
  if (IRRELEVANT.has(family) || IRRELEVANT_EVENTS.has(event))
    return ignored(`${event} changes no object`);
  const kind = KINDS.get(family);
  if (kind === undefined) return poison(`${quote(event)} is no event that Millrace knows`);
  const read = readObject(value, event, kind);
  return source === "minio:s3" ? withoutSequencer(read) : read;
}

/**
 * "The major version is incremented if Amazon S3 makes a change to the event structure that isn't
 * backward compatible", the minor one with each new field. What has none is taken for known: not
 * all that speak S3's protocol send it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
function isKnownVersion(version: unknown): boolean {
  if (version === undefined || version === null) return true;
  return typeof version === "string" && /^2(?:\.\d+)*$/.test(version);
}

function said(version: unknown): string {
  return quote(typeof version === "string" ? version : typeof version);
}

/**
 * MinIO's `sequencer` is a time in nanoseconds: of a write, the time of the object, by the clock
 * of the server that wrote it or as a client or another cluster set it; of a removal, when the
 * event was made. Comparing them would take news for old. The time of the event orders MinIO's
 * events instead, as well as the clocks of its servers agree. What that gets wrong about an object
 * that is there, the next listing puts right.
 */
function withoutSequencer(read: ReadRecord): ReadRecord {
  return read.type === "object" ? { ...read, record: { ...read.record, sequencer: null } } : read;
}

function readObject(
  value: Record<string, unknown>,
  event: string,
  kind: "changed" | "removed",
): ReadRecord {
  const response = value["responseElements"];
  const s3 = isRecord(value["s3"]) ? value["s3"] : {};
  const bucket = isRecord(s3["bucket"]) ? s3["bucket"] : {};
  const object = isRecord(s3["object"]) ? s3["object"] : {};
  const read = toRecord({
    kind,
    event,
    bucket: bucket["name"],
    key: decodeKey(object["key"]),
    etag: object["eTag"],
    bytes: object["size"],
    versionId: object["versionId"],
    sequencer: object["sequencer"],
    at: value["eventTime"],
    requestId: isRecord(response) ? response["x-amz-request-id"] : null,
  });
  if (read.type === "object" && isVersionDeleted(event, read.record.versionId))
    return ignored(`${event} deletes one version for good, not the object`);
  return read;
}

/** With versions, deleting the object makes a delete marker; anything else tidies up history. */
function isVersionDeleted(event: string, versionId: string | null): boolean {
  return versionId !== null && /^(ObjectRemoved|LifecycleExpiration):Delete$/.test(event);
}

/** Exactly once: trying the raw key first would take `a+b`, which is `a b`, for itself. */
function decodeKey(key: unknown): string | null {
  if (typeof key !== "string") return null;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}

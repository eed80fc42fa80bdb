import type { Instant } from "@millrace/core/internal";
import { contextOf, contextWithin, type MessageContext } from "../intake/message-context.ts";

/** What one notification says of one object, whatever envelope it came in. Keys are decoded. */
export interface S3Record {
  readonly kind: "changed" | "removed";
  /** As the source names it: `ObjectCreated:Put`, `Object Deleted`. */
  readonly event: string;
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. */
  readonly etag: string | null;
  readonly bytes: number | null;
  readonly versionId: string | null;
  readonly sequencer: string | null;
  readonly at: Instant;
  /** What is known of the story that it is a part of; absent: nothing. */
  readonly context?: MessageContext;
}

/** What a single event inside a message turned out to be. */
export type ReadRecord =
  | { readonly type: "object"; readonly record: S3Record }
  | { readonly type: "ignored"; readonly reason: string }
  | { readonly type: "poison"; readonly reason: string };

export function ignored(reason: string): { readonly type: "ignored"; readonly reason: string } {
  return { type: "ignored", reason };
}

export function poison(reason: string): { readonly type: "poison"; readonly reason: string } {
  return { type: "poison", reason };
}

interface RawObject {
  readonly kind: "changed" | "removed";
  readonly event: string;
  readonly bucket: unknown;
  /** Decoded already; null when it could not be. */
  readonly key: unknown;
  readonly etag: unknown;
  readonly bytes: unknown;
  readonly versionId: unknown;
  readonly sequencer: unknown;
  readonly at: unknown;
  /** Of the request that wrote or removed the object. */
  readonly requestId: unknown;
}

const KEY_BYTES_MAX = 1_024;
const TEXT_LENGTH_MAX = 1_024;

/** Checks what has been picked from an envelope. What is needed and wrong makes it poison. */
export function toRecord(raw: RawObject): ReadRecord {
  const { kind, event } = raw;
  const bucket = textOf(raw.bucket);
  if (bucket === null) return poison(`${event} names no bucket`);
  const key = textOf(raw.key);
  if (key === null) return poison(`${event} in ${bucket} names no key, or one that is not text`);
  if (Buffer.byteLength(key) > KEY_BYTES_MAX)
    return poison(`${event} in ${bucket} has a key of more than ${KEY_BYTES_MAX} bytes`);
  const at = typeof raw.at === "string" ? Date.parse(raw.at) : Number.NaN;
  if (Number.isNaN(at)) return poison(`${event} of ${bucket}/${key} has no time`);
  const isChange = kind === "changed";
  return {
    type: "object",
    record: {
      kind,
      event,
      bucket,
      key,
      etag: isChange ? bareEtag(textOf(raw.etag)) : null,
      bytes: isChange ? bytesOf(raw.bytes) : null,
      versionId: versionOf(raw.versionId),
      sequencer: textOf(raw.sequencer),
      at,
      ...contextPart(contextOf(raw.requestId, null)),
    },
  };
}

/** A record with what an envelope says of its story. */
export function inContext(record: S3Record, outer: MessageContext | undefined): S3Record {
  return { ...record, ...contextPart(contextWithin(outer, record.context)) };
}

function contextPart(context: MessageContext): Pick<S3Record, "context"> {
  const isKnown = context.correlationId !== null || context.traceparent !== null;
  return isKnown ? { context } : {};
}

/** S3 quotes etags in headers and listings, and not in events. */
export function bareEtag(etag: string | null): string | null {
  return etag === null ? null : etag.replace(/^"(.*)"$/, "$1");
}

/** In a bucket whose versioning is suspended, objects share the version `null`: no identity. */
function versionOf(value: unknown): string | null {
  const version = textOf(value);
  return version === "null" ? null : version;
}

/** Text that a database takes: not empty, no NUL, no half of a character, not endless. */
function textOf(value: unknown): string | null {
  if (typeof value !== "string" || value === "" || value.length > TEXT_LENGTH_MAX) return null;
  return value.includes("\0") || !value.isWellFormed() ? null : value;
}

function bytesOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

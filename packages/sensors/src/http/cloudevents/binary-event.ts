import type { Instant, JsonValue } from "@millrace/core/internal";
import { readJson, strictText } from "../read-json.ts";
import { isJsonType, mediaTypeOf, type ReadCloudEvent, toCloudEvent } from "./cloud-event.ts";

/**
 * An event in binary mode: its attributes are headers with the prefix `ce-`, its data is the body,
 * of the type that `Content-Type` says.
 *
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md
 *   Header values "MUST first be unescaped with respect to double-quoted strings"; then "a single
 *   round of percent-decoding MUST then be performed", and "byte sequences which are invalid in
 *   UTF-8 MUST be rejected".
 */
export function toBinaryEvent(headers: Headers, bytes: Uint8Array, nowMs: Instant): ReadCloudEvent {
  const attributes = new Map<string, JsonValue>();
  for (const [name, value] of headers) {
    // Its type is what Content-Type says, whatever another header claims.
    if (!name.startsWith("ce-") || name === "ce-datacontenttype") continue;
    const text = decodeValue(value);
    if (text === null)
      return { ok: false, problem: `its header ${name} is not percent-encoded UTF-8` };
    attributes.set(name.slice(3), text);
  }
  const contentType = headers.get("content-type");
  if (contentType !== null) attributes.set("datacontenttype", contentType);
  const read = readData(contentType ?? "application/json", bytes);
  if (!read.ok) return { ok: false, problem: `its data ${read.problem}` };
  // What a header calls data is no attribute, and may not stand in for the body.
  if (attributes.has("data") || attributes.has("data_base64"))
    return { ok: false, problem: "its data must be the body" };
  return toCloudEvent({ ...Object.fromEntries(attributes), data: read.value }, nowMs);
}

function decodeValue(value: string): string | null {
  const bare = /^"(.*)"$/s.exec(value)?.[1]?.replaceAll(/\\(.)/gs, "$1") ?? value;
  try {
    return decodeURIComponent(bare);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function readData(contentType: string, bytes: Uint8Array): ReturnType<typeof readJson> {
  if (bytes.length === 0) return { ok: true, value: null };
  if (isJsonType(contentType)) return readJson(bytes);
  const isText = mediaTypeOf(contentType).startsWith("text/");
  if (!isText) return { ok: true, value: Buffer.from(bytes).toString("base64") };
  const text = strictText(bytes);
  return text === null ? { ok: false, problem: "is not UTF-8" } : { ok: true, value: text };
}

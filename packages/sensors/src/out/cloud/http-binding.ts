import type { CloudEvent } from "./cloud-event.ts";

/** Headers and body of an HTTP request that carries CloudEvents. */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The event as one JSON document. */
export function toStructured(event: CloudEvent): HttpMessage {
  return {
    headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
    body: JSON.stringify(event),
  };
}

/** Several events as one JSON document. */
export function toBatch(events: readonly CloudEvent[]): HttpMessage {
  return {
    headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
    body: JSON.stringify(events),
  };
}

/** The attributes as `ce-` headers; the body is the data alone. */
export function toBinary(event: CloudEvent): HttpMessage {
  const { data, datacontenttype, ...attributes } = event;
  const headers = Object.entries(attributes).map(([name, value]) => [
    `ce-${name}`,
    headerValue(`${value}`),
  ]);
  return {
    headers: { "content-type": datacontenttype, ...Object.fromEntries(headers) },
    body: JSON.stringify(data),
  };
}

/**
 * "Some CloudEvents metadata attributes can contain arbitrary UTF-8 string content": space, `"`,
 * `%` and all that is not printable ASCII is percent-encoded by its UTF-8 bytes.
 *
 * @see CloudEvents HTTP Protocol Binding 1.0.2, section 3.1.3.2.
 */
export function headerValue(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\u0021\u0023\u0024\u0026-\u007E]/gu, (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );
}

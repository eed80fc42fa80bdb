import type { Instant, JsonValue } from "@millrace/core/internal";
import { isRecord } from "@millrace/core/internal";
import { timeProblem } from "./plausible-time.ts";
import { readJson } from "../read-json.ts";

/** What every CloudEvent has, and the event as one JSON object, as a mapping sees it. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly document: Readonly<Record<string, JsonValue>>;
}

export type ReadCloudEvent =
  | { readonly ok: true; readonly event: CloudEvent }
  | { readonly ok: false; readonly problem: string };

const TEXT_LENGTH_MAX = 1_024;
const ATTRIBUTES_MAX = 64;
// oxlint-disable-next-line no-control-regex -- The specification forbids just these.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** RFC 3339, which `Date.parse` is more generous than. */
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Checks one CloudEvent in the JSON format, or what binary mode brought in the same form.
 *
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md An
 *   attribute that is null "MUST be treated as the equivalent of unset"; `data_base64` "clearly
 *   indicates that the value is a Base64 encoded binary data".
 */
export function toCloudEvent(value: JsonValue, nowMs: Instant): ReadCloudEvent {
  if (!isRecord(value)) return { ok: false, problem: "a CloudEvent must be a JSON object" };
  const { data, data_base64: base64, ...rest } = value as Record<string, JsonValue>;
  const attributes = Object.entries(rest).filter(([, text]) => text !== null);
  const problem = attributesProblem(Object.fromEntries(attributes), nowMs);
  if (problem !== null) return { ok: false, problem };
  const read = readData(data ?? null, base64 ?? null, rest["datacontenttype"]);
  if (!read.ok) return read;
  const document = { ...Object.fromEntries(attributes), data: read.value };
  const { id, source, type } = rest as Record<"id" | "source" | "type", string>;
  return { ok: true, event: { id, source, type, document } };
}

function attributesProblem(
  attributes: Readonly<Record<string, JsonValue>>,
  nowMs: Instant,
): string | null {
  const names = Object.keys(attributes);
  if (names.length > ATTRIBUTES_MAX) return `it has more than ${ATTRIBUTES_MAX} attributes`;
  if (attributes["specversion"] !== "1.0") return 'its specversion must be "1.0"';
  for (const name of ["id", "source", "type"]) {
    const text = attributes[name];
    if (typeof text !== "string" || text === "") return `its ${name} must be a text`;
  }
  for (const name of names) {
    const problem = attributeProblem(name, attributes[name] ?? null);
    if (problem !== null) return problem;
  }
  const { time } = attributes;
  if (time === undefined) return null;
  if (typeof time !== "string" || !TIME.test(time)) return "its time must be as RFC 3339 has it";
  const untimely = timeProblem(Date.parse(time), nowMs);
  return untimely === null ? null : `its time ${untimely}`;
}

function attributeProblem(name: string, value: JsonValue): string | null {
  if (!/^[a-z0-9]{1,64}$/.test(name))
    return `its attribute ${JSON.stringify(name.slice(0, 64))} must be named in a-z and 0-9`;
  if (typeof value === "object") return `its attribute ${name} must be a text, number or boolean`;
  if (typeof value !== "string") return null;
  if (value.length > TEXT_LENGTH_MAX)
    return `its attribute ${name} has more than ${TEXT_LENGTH_MAX} characters`;
  return CONTROL.test(value) || !value.isWellFormed()
    ? `its attribute ${name} has a control character or half of a character`
    : null;
}

/** Bytes that are JSON are read as such; of others their base64 is the data. */
function readData(
  data: JsonValue,
  base64: JsonValue,
  contentType: JsonValue | undefined,
):
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: string } {
  if (base64 === null) return { ok: true, value: data };
  if (data !== null) return { ok: false, problem: "it has both data and data_base64" };
  if (typeof base64 !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    return { ok: false, problem: "its data_base64 must be base64" };
  if (!isJsonType(typeof contentType === "string" ? contentType : "application/json"))
    return { ok: true, value: base64 };
  const json = readJson(Buffer.from(base64, "base64"));
  return json.ok ? json : { ok: false, problem: `its data ${json.problem}` };
}

/** Whether a media type, without its parameters, says that it is JSON: `application/json`, `text/x+json`. */
export function isJsonType(contentType: string): boolean {
  return /^[^/]+\/([^/]+\+)?json$/i.test(mediaTypeOf(contentType));
}

export function mediaTypeOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

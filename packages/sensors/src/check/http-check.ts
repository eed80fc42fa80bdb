import type { Instant, JsonValue } from "@millrace/core/internal";
import { valueAt } from "../http/json-pointer.ts";
import {
  type FetchOptions,
  boundedFetch,
  fetchJson,
  type FetchResult,
} from "../outbound/bounded-fetch.ts";
import type { OutAnswer } from "../outbound/out-request.ts";
import { type Comparison, compares } from "./compare.ts";
import type { Observation } from "./observation.ts";

/** A wait for an HTTP endpoint. JSON. */
export interface HttpCheck {
  readonly url: string;
  readonly method: "GET" | "HEAD";
  /** Besides 2xx; a status that says "not yet" is none of them. */
  readonly values: readonly { readonly pointer: string; readonly compare: Comparison }[];
}

/** How an endpoint is asked. */
export interface AskHttpOptions extends FetchOptions {
  /** Credentials, which a check does not hold; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks an endpoint once. */
export async function askHttp(
  check: HttpCheck,
  { headers = {}, ...options }: AskHttpOptions,
  now: () => Instant,
): Promise<Observation> {
  const { method, url, values } = check;
  const request = { method, url, headers };
  const answer =
    values.length === 0 ? await boundedFetch(request, options) : await fetchJson(request, options);
  return readHttp(check, answer, now());
}

/** What an endpoint's answer means: 404 and 410 are missing, 5xx and silence unreachable. */
export function readHttp(
  check: HttpCheck,
  result: FetchResult<OutAnswer | JsonValue>,
  at: Instant,
): Observation {
  const { url } = check;
  if (!result.ok) {
    const { failure } = result;
    const isMissing = failure.type === "status" && [404, 410].includes(failure.status);
    return { type: isMissing ? "missing" : "unreachable", said: failure.message, url, at };
  }
  if (check.values.length === 0) return { type: "succeeded", value: { url }, url, at };
  const document = result.value as JsonValue;
  const odd = check.values.find(({ pointer, compare }) => {
    return !compares(valueAt(document, pointer), compare);
  });
  if (odd === undefined) return { type: "succeeded", value: valuesOf(check, document), url, at };
  const { op, to } = odd.compare;
  const wanted = `${odd.pointer || "the document"} is to be ${WORDS[op]}${JSON.stringify(to)}`;
  const found = JSON.stringify(valueAt(document, odd.pointer) ?? null).slice(0, 200);
  return { type: "running", said: `${wanted}, and is ${found}`, url, at };
}

/** An operator before what it compares with, in words. */
const WORDS: Readonly<Record<Comparison["op"], string>> = {
  eq: "",
  ne: "other than ",
  gt: "more than ",
  gte: "at least ",
  lt: "less than ",
  lte: "at most ",
  in: "one of ",
};

/** What was compared, by its pointer. */
function valuesOf({ values }: HttpCheck, document: JsonValue): JsonValue {
  return Object.fromEntries(
    values.map(({ pointer }) => [pointer, valueAt(document, pointer) ?? null]),
  );
}

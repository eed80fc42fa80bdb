import type { IncomingHttpHeaders } from "node:http";
import type { JsonValue } from "@millrace/core/internal";
import { jsonDepthOf } from "../s3/json-depth.ts";
import { type AllowedTargets, PUBLIC_ONLY } from "./allowed-targets.ts";
import { CallFailed, callFailed, type FetchFailure } from "./fetch-failure.ts";
import { FETCH_LIMITS, type FetchLimits } from "./fetch-limits.ts";
import { type Resolve, systemResolve } from "./guarded-lookup.ts";
import { allowedAfter, callableUrl, nextHop } from "./next-hop.ts";
import type { OutAnswer, OutRequest } from "./out-request.ts";
import { type RawAnswer, requestOnce } from "./request-once.ts";

export type FetchResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: FetchFailure };

export interface FetchOptions {
  /** What inside may be called; nothing unless told. */
  readonly allow?: AllowedTargets;
  readonly limits?: Partial<FetchLimits>;
  readonly resolve?: Resolve;
  /** False: a status is enough, and nothing that is wrong with the body makes it less. */
  readonly isBodyWanted?: boolean;
  /** Gives up; the result is then `unreachable`. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a call out that costs no more than its limits: in time, bytes and redirects, and to no
 * address that is not public or allowed, wherever redirects and name servers point. Never rejects
 * for what the other side does.
 *
 * @returns The answer when its status is 2xx; else the one reason why there is none.
 */
export function boundedFetch(
  request: OutRequest,
  options: FetchOptions = {},
): Promise<FetchResult<OutAnswer>> {
  return settled(() => call(request, options));
}

/** {@link boundedFetch} of a JSON document; the value is checked for its depth before it is read. */
export function fetchJson(
  request: OutRequest,
  options: FetchOptions = {},
): Promise<FetchResult<JsonValue>> {
  const { jsonDepthMax } = { ...FETCH_LIMITS, ...options.limits };
  const headers = { accept: "application/json", ...request.headers };
  return settled(async () => toJson(await call({ ...request, headers }, options), jsonDepthMax));
}

async function call(request: OutRequest, options: FetchOptions): Promise<OutAnswer> {
  const limits: FetchLimits = { ...FETCH_LIMITS, ...options.limits };
  const deadline = new AbortController();
  const late = setTimeout(() => {
    deadline.abort(callFailed("timeout", `the answer took longer than ${limits.totalMs}ms`));
  }, limits.totalMs);
  const signal = AbortSignal.any([
    deadline.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ]);
  const { allow = PUBLIC_ONLY, resolve = systemResolve, isBodyWanted = true } = options;
  try {
    return await follow(request, { allow, limits, resolve, signal, isBodyWanted });
  } finally {
    clearTimeout(late);
  }
}

async function follow(
  request: OutRequest,
  deps: Parameters<typeof requestOnce>[2],
): Promise<OutAnswer> {
  let hop = { url: callableUrl(request.url), request };
  let { allow } = deps;
  const isFollowing = deps.limits.redirectsMax > 0;
  for (let redirects = 0; redirects <= deps.limits.redirectsMax; redirects += 1) {
    const answer = await requestOnce(hop.url, hop.request, { ...deps, allow });
    const { status, headers } = answer;
    const next = isFollowing
      ? nextHop(hop.url, hop.request, { status, location: headers.location })
      : null;
    if (next === null) return toAnswer(hop.url, answer);
    allow = allowedAfter(hop.url, next.url, { allow, isInside: answer.isInside });
    hop = next;
  }
  const { redirectsMax } = deps.limits;
  throw callFailed("tooManyRedirects", `${hop.url.host}: more than ${redirectsMax} redirects`);
}

const RETRY_AFTER_LENGTH_MAX = 64;

function toAnswer(url: URL, { status, headers, body }: RawAnswer): OutAnswer {
  if (status < 200 || status > 299) {
    const retryAfter = headers["retry-after"]?.slice(0, RETRY_AFTER_LENGTH_MAX) ?? null;
    const message = `${url.host} answers with status ${status}`;
    throw new CallFailed({ type: "status", message, status, retryAfter });
  }
  return { status, headers: single(headers), body, url: url.href };
}

function toJson(answer: OutAnswer, depthMax: number): JsonValue {
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity")
    throw callFailed("notJson", "the answer is compressed, though it was asked not to be");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(answer.body);
    if (jsonDepthOf(text) > depthMax)
      throw callFailed("notJson", `the answer nests deeper than ${depthMax}`);
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof CallFailed) throw error;
    throw callFailed("notJson", "the answer is not JSON");
  }
}

function single(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

async function settled<T>(work: () => Promise<T>): Promise<FetchResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof CallFailed) return { ok: false, failure: error.failure };
    throw error;
  }
}

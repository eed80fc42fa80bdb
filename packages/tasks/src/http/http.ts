import { setTimeout as delay } from "node:timers/promises";
import type { HelperContext } from "../helper-context.ts";
import { timeLimitMs } from "../time-limit.ts";
import { HttpError, HttpRefused } from "./http-error.ts";
import type { HttpOptions, HttpResult } from "./http-options.ts";
import { readBody } from "./read-body.ts";

const RETRIES = 2;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const TOLD_BYTES_MAX = 1_024;
const FIRST_DELAY_MS = 500;
const DELAY_MS_MAX = 60_000;

/**
 * Asks a server, and gives what it answers. A request that changes something has the header
 * `idempotency-key`, which is the same for each attempt of the task, so that the server can know
 * it again. The log tells each request, without what was sent.
 *
 * @throws {HttpError} When the answer is no success, larger than `bytesMax`, or no JSON; when there
 * is none in time. `retries` of the task apply.
 * @throws {HttpRefused} For an answer 4xx that would be the same again: the task does not retry.
 * @throws The signal's reason, when it aborts.
 */
export async function http<const O extends HttpOptions = {}>(
  context: HelperContext,
  url: string | URL,
  options?: O,
): Promise<HttpResult<O>> {
  const request = requestOf(context, url, options ?? {});
  const { retryOn = [], retries = RETRIES } = request.options;
  for (let tried = 0; ; tried += 1) {
    try {
      const response = await send(context, request);
      if (response.ok) return (await valueOf(response, request)) as HttpResult<O>;
      const failure = await failureOf(response, request);
      if (tried >= retries || !retryOn.includes(response.status)) throw failure;
      await delay(delayMs(response, tried), undefined, { signal: context.signal });
    } catch (error) {
      throw error instanceof HttpError ? error : broken(error, context.signal, request);
    }
  }
}

interface Request {
  /** How messages call it: without the query, which may hold secrets. */
  readonly name: string;
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly timeoutMs: number;
  readonly options: HttpOptions;
}

function requestOf({ attempt }: HelperContext, place: string | URL, options: HttpOptions): Request {
  const url = new URL(place);
  const { json, body } = options;
  const sent = json === undefined ? (body ?? null) : JSON.stringify(json);
  const method = (options.method ?? (sent === null ? "GET" : "POST")).toUpperCase();
  const headers = new Headers(options.headers);
  if (json !== undefined && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  if (!["GET", "HEAD", "OPTIONS"].includes(method) && !headers.has("idempotency-key")) {
    headers.set("idempotency-key", attempt.key);
  }
  const timeoutMs = timeLimitMs(options.timeout ?? "30s") ?? 0;
  const name = `${method} ${url.origin}${url.pathname}`;
  return { name, url, method, headers, body: sent, timeoutMs, options };
}

async function send({ signal, log }: HelperContext, request: Request): Promise<Response> {
  const { name, url, method, headers, body, timeoutMs } = request;
  const began = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(url, { method, headers, body, signal: limit });
  const ms = Math.round(performance.now() - began);
  log.info(`${name} ${response.status}`, { status: response.status, ms });
  return response;
}

async function valueOf(response: Response, request: Request): Promise<unknown> {
  const { name, options } = request;
  const bytesMax = options.bytesMax ?? BODY_BYTES_MAX;
  const { bytes, isCut } = await readBody(response, bytesMax);
  const { status, headers } = response;
  if (isCut) {
    const message = `${name}: the answer is larger than ${bytesMax} bytes; raise bytesMax`;
    throw new HttpError(message, { status, body: "" });
  }
  if (options.parse === "bytes") return bytes;
  const body = new TextDecoder().decode(bytes);
  if (options.parse === "text") return body;
  if (options.parse === "response") return { status, headers: Object.fromEntries(headers), body };
  if (body === "") return null;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    const told = body.slice(0, TOLD_BYTES_MAX);
    throw new HttpError(`${name}: the answer is no JSON; ask for parse: "text"\n${told}`, {
      status,
      body: told,
    });
  }
}

async function failureOf(response: Response, { name }: Request): Promise<HttpError> {
  const { status } = response;
  const { bytes } = await readBody(response, TOLD_BYTES_MAX);
  const body = new TextDecoder().decode(bytes);
  const message = `${name} was answered with ${status}${body === "" ? "" : `: ${body}`}`;
  const isFinal = status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
  return new (isFinal ? HttpRefused : HttpError)(message, { status, body });
}

function broken(error: unknown, signal: AbortSignal, { name, options }: Request): unknown {
  if (signal.aborted) return signal.reason;
  const isLate = error instanceof Error && error.name === "TimeoutError";
  const why = isLate ? `there was no answer within ${options.timeout ?? "30s"}` : causeOf(error);
  return new HttpError(`${name}: ${why}`, { status: 0, body: "" });
}

/** `fetch` says why in the cause of its error. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

function delayMs(response: Response, tried: number): number {
  const asked = Number(response.headers.get("retry-after") ?? Number.NaN) * 1_000;
  const ownMs = FIRST_DELAY_MS * 2 ** tried;
  return Math.min(DELAY_MS_MAX, Number.isFinite(asked) && asked >= 0 ? asked : ownMs);
}

import http from "node:http";
import https from "node:https";
import { type AllowedTargets, isAddressAllowed, PUBLIC_ONLY } from "./allowed-targets.ts";
import { CallFailed, callFailed } from "./fetch-failure.ts";
import type { FetchLimits } from "./fetch-limits.ts";
import { guardedLookup, guardLiteral, type Resolve } from "./guarded-lookup.ts";
import type { OutRequest } from "./out-request.ts";

/** What came back, as it came: a redirect or an error too. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Empty unless the status is 2xx: of what failed nobody reads more than the head. */
  readonly body: Buffer;
  /** It came from an address that is not public. */
  readonly isInside: boolean;
}

export interface RequestDeps {
  readonly allow: AllowedTargets;
  readonly limits: FetchLimits;
  readonly resolve: Resolve;
  readonly isBodyWanted: boolean;
  /** Ends the whole call; its reason is what the caller hears. */
  readonly signal: AbortSignal;
}

/**
 * Makes one request on a connection of its own.
 *
 * @throws {CallFailed} For whatever goes wrong.
 */
export async function requestOnce(
  url: URL,
  request: OutRequest,
  deps: RequestDeps,
): Promise<RawAnswer> {
  guardLiteral(url, deps.allow);
  try {
    const response = await headOf(url, request, deps);
    const { statusCode: status = 0, headers } = response;
    const at = response.socket.remoteAddress;
    const isInside = at !== undefined && !isAddressAllowed(at, "", PUBLIC_ONLY);
    return { status, headers, isInside, body: await bodyFor(status, response, deps) };
  } catch (error) {
    throw toCallFailed(error, url, deps.signal);
  }
}

function headOf(url: URL, request: OutRequest, deps: RequestDeps): Promise<http.IncomingMessage> {
  const { allow, limits, resolve, signal } = deps;
  const { promise, resolve: answer, reject } = Promise.withResolvers<http.IncomingMessage>();
  const { request: open } = url.protocol === "https:" ? https : http;
  const call = open(url, {
    method: request.method ?? "GET",
    headers: { "accept-encoding": "identity", ...request.headers },
    lookup: guardedLookup(allow, resolve),
    // No agent: a connection that another part of the process made was not judged by this list.
    agent: false,
    signal,
  });
  const late = setTimeout(() => {
    call.destroy(callFailed("timeout", `${url.host} gave no answer in ${limits.firstByteMs}ms`));
  }, limits.firstByteMs);
  call.once("response", answer);
  // Stays for what comes after the head too; a promise that is settled already takes no harm.
  call.on("error", reject);
  // Who answers 101 unasked is cut off by Node without a word, and no timer reaches what is gone.
  call.once("close", () => reject(callFailed("unreachable", `${url.host} hung up`)));
  call.end(request.body);
  return promise.finally(() => clearTimeout(late));
}

const NOTHING: Buffer = Buffer.alloc(0);

async function bodyFor(
  status: number,
  response: http.IncomingMessage,
  { limits, isBodyWanted }: RequestDeps,
): Promise<Buffer> {
  if (status < 200 || status > 299) {
    response.destroy();
    return NOTHING;
  }
  if (isBodyWanted) return bodyOf(response, limits);
  // To be polite it is read on, within the limits: some servers work on while they answer.
  await bodyOf(response, limits).catch(() => NOTHING);
  return NOTHING;
}

async function bodyOf(response: http.IncomingMessage, limits: FetchLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the connection: the rest is never read.
    if (bytes > limits.bodyBytesMax)
      throw callFailed("tooLarge", `the answer is larger than ${limits.bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toCallFailed(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted && signal.reason instanceof CallFailed) return signal.reason;
  if (error instanceof CallFailed) return error;
  if (!(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.message;
  return callFailed("unreachable", `${url.host} cannot be reached: ${code}`);
}

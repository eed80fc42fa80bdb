import { type AllowedTargets, PUBLIC_ONLY } from "./allowed-targets.ts";
import { callFailed } from "./fetch-failure.ts";
import type { OutRequest } from "./out-request.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const URL_LENGTH_MAX = 8_192;

/** The URL of a call, of which only http and https without credentials are taken. @throws {CallFailed} */
export function callableUrl(text: string, base?: URL): URL {
  const url = text.length > URL_LENGTH_MAX ? null : URL.parse(text, base?.href);
  if (url === null) throw callFailed("unreachable", "the address is no URL, or too long a one");
  if (!/^https?:$/.test(url.protocol))
    throw callFailed("refusedAddress", `${url.protocol} is not called; write an http or https URL`);
  if (url.username !== "" || url.password !== "")
    throw callFailed("refusedAddress", "the URL holds a password; give it as a connection's");
  return url;
}

/**
 * The request that a redirect asks for; null for an answer that is none.
 *
 * Across origins no header goes along that the caller set, and a body never does: both may hold
 * credentials. From https it never leads to http.
 *
 * @throws {CallFailed} When it leads where the request cannot go.
 * @see RFC 9110, section 15.4.
 */
export function nextHop(
  from: URL,
  request: OutRequest,
  answer: { readonly status: number; readonly location: string | undefined },
): { readonly url: URL; readonly request: OutRequest } | null {
  if (!REDIRECTS.has(answer.status) || answer.location === undefined) return null;
  const url = callableUrl(answer.location, from);
  if (from.protocol === "https:" && url.protocol === "http:")
    throw callFailed("refusedAddress", `${from.host} redirects from https to http`);
  const bodiless = withoutBody(request, answer.status);
  if (url.origin === from.origin) return { url, request: { ...bodiless, url: url.href } };
  if (bodiless.body !== undefined)
    throw callFailed("refusedAddress", `${from.host} redirects the body to another host`);
  const { method = "GET" } = bodiless;
  return { url, request: { method, url: url.href } };
}

/**
 * Whom inside the next hop may call. Somebody outside who answers a call does not choose whom
 * inside is called next: what the list allows is for whoever wrote the first address.
 *
 * @param answer - What was allowed, and whether the answer came from an address that is not public.
 */
export function allowedAfter(
  from: URL,
  to: URL,
  { allow, isInside }: { readonly allow: AllowedTargets; readonly isInside: boolean },
): AllowedTargets {
  return isInside || from.hostname === to.hostname ? allow : PUBLIC_ONLY;
}

/** 307 and 308 repeat the request; the older three turn it into a GET, as everybody does. */
function withoutBody(request: OutRequest, status: number): OutRequest {
  if (status === 307 || status === 308 || request.method !== "POST") return request;
  const { body: _body, headers = {}, ...rest } = request;
  const { "content-type": _type, ...kept } = headers;
  return { ...rest, method: "GET", headers: kept };
}

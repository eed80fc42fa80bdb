import { createHash, timingSafeEqual } from "node:crypto";
import type { HookAccess } from "./hook.ts";

/** Longer ones than any header line that Node takes are not worth hashing. */
const SHOWN_LENGTH_MAX = 16_384;

/**
 * Whether a caller shows one of the hook's tokens; true for a hook without tokens, which lets in
 * by a signature.
 *
 * Both sides are hashed, so that the comparison takes the same time whatever is shown, and every
 * token is compared with every text, so that it does not tell which one was near.
 */
export function isTokenShown(access: HookAccess, headers: Headers): boolean {
  const tokens = access.tokens ?? [];
  if (tokens.length === 0) return true;
  const shown = shownBy(access, headers).map(digest);
  const matches = tokens.flatMap((token) => shown.map((text) => isSame(text, digest(token))));
  return matches.includes(true);
}

/** Every text in the headers that may be a token. */
function shownBy({ tokenHeader, user }: HookAccess, headers: Headers): readonly string[] {
  const authorization = headers.get("authorization") ?? "";
  const own = tokenHeader === undefined ? null : headers.get(tokenHeader);
  const [, scheme = "", rest = ""] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  const bearer = scheme.toLowerCase() === "bearer" ? rest : null;
  const password = scheme.toLowerCase() === "basic" ? passwordIn(rest, user) : null;
  return [authorization, bearer, password, own].filter(
    (text) => text !== null && text !== "" && text.length <= SHOWN_LENGTH_MAX,
  ) as string[];
}

/** The password of basic authentication (RFC 7617), if its user is the right one. */
function passwordIn(base64: string, user: string | undefined): string | null {
  const text = Buffer.from(base64, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const isUser = user === undefined || isSame(digest(text.slice(0, colon)), digest(user));
  return isUser ? text.slice(colon + 1) : null;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return timingSafeEqual(one, other);
}

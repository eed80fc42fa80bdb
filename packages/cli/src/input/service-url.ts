import { inputInvalid } from "./input-invalid.ts";

const LENGTH_MAX = 2_048;

/**
 * Checks the URL of a service. It is not shown: it may hold a password.
 *
 * @throws {INPUT_INVALID} When it is none of these protocols, or names no host or user as it must.
 */
export function checkServiceUrl(option: string, text: string, protocols: readonly string[]): void {
  const isText = text.length <= LENGTH_MAX && /^[a-z]+:\/\/[^\s\p{C}]+$/u.test(text);
  const url = isText ? URL.parse(text) : null;
  if (url !== null && protocols.includes(url.protocol) && isDecodable(url)) return;
  throw inputInvalid(option, [
    `${option} is no URL that begins with ${protocols.map((p) => `${p}//`).join(" or ")}. ` +
      `Write it like ${protocols[0]}//user:password@host/name, with % signs and other special ` +
      "characters of the password encoded (% is %25).",
  ]);
}

/** Drivers decode each of these, and crash on a lone % sign. */
function isDecodable({ username, password, hostname, pathname, search }: URL): boolean {
  try {
    const parts = [username, password, hostname, pathname, search].map((part) =>
      decodeURIComponent(part),
    );
    return parts.every((part) => !part.includes("\0"));
  } catch {
    return false;
  }
}

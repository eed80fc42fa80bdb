import type { ExternalCheck } from "@millrace/core";
import type { JsonValue } from "@millrace/core/internal";
import { connectionNameProblem } from "../connection/connection.ts";
import { pointerProblem } from "../http/json-pointer.ts";
import { COMPARE_MEND, type CompareOption, toComparison } from "./compare-option.ts";
import { type SensorPolicyOptions, toPolicies } from "./sensor-policies.ts";
import { built } from "./stored-check.ts";

export interface HttpCheckOptions extends SensorPolicyOptions {
  /** Where: a whole URL, or with a `connection` what comes behind the URL of that (`/health`). */
  readonly url: string;
  /** Whose token or password is sent; nobody's unless given. */
  readonly connection?: string;
  /** `HEAD` cannot go with `until`; `GET` unless given. */
  readonly method?: "GET" | "HEAD";
  /**
   * What the JSON of the answer is to say: JSON pointers (RFC 6901) and what they are to lead to.
   * Unless given, any answer with a status of 2xx will do.
   */
  readonly until?: Readonly<Record<string, CompareOption>>;
}

/**
 * Waits for an HTTP endpoint: for a status of 2xx, and for what its JSON says. 404 and 410 count as
 * missing, other statuses as unreachable. It gives what `until` names, by pointer.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example
 * sensor("prices", {
 *   check: http({ url: "https://api.example.com/prices/today", until: { "/state": "final" } }),
 *   every: "1m",
 * });
 */
export function http(
  options: HttpCheckOptions,
): ExternalCheck<Readonly<Record<string, JsonValue>>> {
  const { url, connection = null, method = "GET", until = {} } = options;
  const problems: string[] = [];
  const named = connection === null ? null : connectionNameProblem(connection);
  const values = Object.entries(until).flatMap(([pointer, given]) => {
    const compare = toComparison(given);
    const problem = pointerProblem(pointer);
    if (problem !== null) problems.push(`The pointer ${JSON.stringify(pointer)} ${problem}.`);
    if (compare !== null) return [{ pointer, compare }];
    problems.push(`What ${JSON.stringify(pointer)} is to be is not known; ${COMPARE_MEND}.`);
    return [];
  });
  if (method === "HEAD" && values.length > 0)
    problems.push("An answer to HEAD has no body to look into; write GET.");
  const policies = toPolicies(options, problems);
  const ask = { url, connection, method, values };
  const target = connection ?? URL.parse(url)?.origin ?? "nowhere";
  const wrong = [httpAddressProblem(url, connection), named, ...problems];
  return built({ kind: "http", target, ask, policies }, wrong);
}

/** Why an endpoint cannot be asked, as a sentence with its mend; null when it can. */
export function httpAddressProblem(url: string, connection: string | null): string | null {
  const shown = JSON.stringify(String(url).slice(0, 200));
  if (connection !== null)
    return String(url).startsWith("/")
      ? null
      : `With a connection the url is what comes behind that of the connection, like "/health"; ${shown} is not.`;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return `${shown} is no URL of http or https; write one like "https://host.example/health".`;
  if (parsed.username !== "" || parsed.password !== "")
    return "Its URL holds credentials, which would be stored; give them to a connection.";
  return null;
}

import type { Hook } from "../hook.ts";

/** A DNS name, or an expression of one such as `*.example.com`. */
const ORIGIN = /^[A-Za-z0-9*_-]+(\.[A-Za-z0-9*_-]+)*$/;
const ORIGIN_LENGTH_MAX = 253;

/**
 * The headers that agree to be sent CloudEvents, for a sender that asks before it sends any, as
 * Azure Event Grid does. It is no way in: each event shows a token nevertheless, and so nothing is
 * asked of who only asks.
 *
 * @param request - Its method and headers.
 * @returns Null for a request that is no such question.
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
 *   Section 4: `OPTIONS` with `WebHook-Request-Origin` is answered by `WebHook-Allowed-Origin` and
 *   `WebHook-Allowed-Rate`; the asterisk "indicates that there is no rate limitation".
 */
export function agreeToDelivery(
  { kind }: Pick<Hook, "kind">,
  { method, headers }: Pick<Request, "method" | "headers">,
): Readonly<Record<string, string>> | null {
  if (kind !== "cloudevents" || method !== "OPTIONS") return null;
  const origin = headers.get("webhook-request-origin") ?? "";
  if (origin.length > ORIGIN_LENGTH_MAX || !ORIGIN.test(origin)) return null;
  return { allow: "POST", "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" };
}

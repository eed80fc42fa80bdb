import { expect, test } from "vitest";
import { agreeToDelivery } from "./agree-to-delivery.ts";

function agreed(origin: string | null, method: string, kind: "cloudevents" | "json") {
  const headers = new Headers(origin === null ? {} : { "WebHook-Request-Origin": origin });
  return agreeToDelivery({ kind }, { method, headers });
}

test.each(["eventgrid.azure.net", "*.example.com", "localhost", "xn--bcher-kva.example"])(
  "%s may send CloudEvents, as often as it likes",
  (origin) => {
    expect(agreed(origin, "OPTIONS", "cloudevents")).toEqual({
      allow: "POST",
      "webhook-allowed-origin": origin,
      "webhook-allowed-rate": "*",
    });
  },
);

test.each([
  ["a question without an origin", null, "OPTIONS", "cloudevents"],
  ["an origin that is no name", "a b", "OPTIONS", "cloudevents"],
  ["an origin that is a URL", "https://example.com/x", "OPTIONS", "cloudevents"],
  ["an origin that is too long", `${"a".repeat(250)}.com`, "OPTIONS", "cloudevents"],
  ["a delivery", "eventgrid.azure.net", "POST", "cloudevents"],
  ["a question to a hook of another kind", "eventgrid.azure.net", "OPTIONS", "json"],
] as const)("%s is agreed to by nothing", (_what, origin, method, kind) => {
  expect(agreed(origin, method, kind)).toBeNull();
});

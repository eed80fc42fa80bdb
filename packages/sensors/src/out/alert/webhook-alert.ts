import type { AlertMessage, JsonValue } from "@millrace/core/internal";

/** The body for a webhook, in the shape that Standard Webhooks recommends: type, timestamp, data. */
export function webhookAlert(message: AlertMessage): JsonValue {
  const { key, since, title, facts, command, url } = message;
  return {
    type: "millrace.alert",
    timestamp: since,
    data: {
      key,
      title,
      facts: facts.map(({ label, text }) => ({ label, text })),
      command,
      url,
    },
  };
}

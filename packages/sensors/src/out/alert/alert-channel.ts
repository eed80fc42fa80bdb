import type { AlertMessage, OutMessage } from "@millrace/core/internal";
import { slackAlert } from "./slack-alert.ts";
import { webhookAlert } from "./webhook-alert.ts";

/** How people of a namespace want to be told. `mail` goes by a `MailTransport` instead. */
export type HttpAlertChannel = "slack" | "webhook";

/** An alert as a message for the outbox. */
export function alertMessageFor(channel: HttpAlertChannel, message: AlertMessage): OutMessage {
  const body = channel === "slack" ? slackAlert(message) : webhookAlert(message);
  return { contentType: "application/json", headers: {}, body };
}

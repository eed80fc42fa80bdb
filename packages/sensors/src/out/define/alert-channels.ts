import { type AlertChannel, alertProblems, definitionInvalid } from "@millrace/core/internal";

export interface SlackOptions {
  /** Of the channel; `slack` unless given. */
  readonly name?: string;
  /** The environment variable that holds the URL of an incoming webhook. */
  readonly url: string;
}

/**
 * Tells a Slack channel, by an incoming webhook.
 *
 * @throws {DEFINITION_INVALID} When something is given that is no name of a variable.
 * @example
 * const ops = namespace("ops", { alerts: [slack({ url: "OPS_SLACK_URL" })] });
 */
export function slack({ name = "slack", url }: SlackOptions): AlertChannel {
  return checked({ type: "slack", name, url });
}

export interface AlertWebhookOptions {
  /** Of the channel; `webhook` unless given. */
  readonly name?: string;
  /** The environment variable that holds the URL. */
  readonly url: string;
  /** Environment variables of the secrets that sign, the newest first; none: it is not signed. */
  readonly secrets?: readonly string[];
}

/**
 * Tells a webhook, signed as Standard Webhooks has it.
 *
 * @throws {DEFINITION_INVALID} When something is given that is no name of a variable.
 * @example
 * webhook({ url: "PAGER_URL", secrets: ["PAGER_SECRET"] });
 */
export function webhook(options: AlertWebhookOptions): AlertChannel {
  const { name = "webhook", url, secrets = [] } = options;
  return checked({ type: "webhook", name, url, secrets });
}

export interface MailOptions {
  /** Of the channel; `mail` unless given. */
  readonly name?: string;
  /** The environment variable of the server: `smtp://user:password@host:587` or `smtps://…`. */
  readonly server: string;
  /** The environment variable of the sender's address. */
  readonly from: string;
  /** The environment variable of the recipients, separated by commas. */
  readonly to: string;
}

/**
 * Tells people by mail.
 *
 * @throws {DEFINITION_INVALID} When something is given that is no name of a variable.
 * @example
 * mail({ server: "SMTP_URL", from: "ALERTS_FROM", to: "OPS_MAIL" });
 */
export function mail({ name = "mail", server, from, to }: MailOptions): AlertChannel {
  return checked({ type: "mail", name, server, from, to });
}

function checked(channel: AlertChannel): AlertChannel {
  const problems = alertProblems([channel]);
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((problem) => `${channel.type}(…): ${problem}.`));
  }
  return Object.freeze(channel);
}

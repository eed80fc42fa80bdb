import { createHash } from "node:crypto";
import { type AlertMessage, MillraceError } from "@millrace/core/internal";

/** A mail as transports take it. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Lines end in `\n`. */
  readonly text: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly at: Date;
}

/**
 * Hands a mail to a server. Rejects when that did not take it; what it took for some of the
 * recipients counts as taken.
 */
export interface MailTransport {
  send(mail: Mail): Promise<void>;
}

export interface MailEnvelope {
  /** `name@host`, without a display name. */
  readonly from: string;
  /** 1 to 50 of them. */
  readonly to: readonly string[];
}

const RECIPIENTS_MAX = 50;
/** Of RFC 5322 only what is used: a dot-atom at a host. It can hold no line break. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;

/**
 * The mail of an alert. Its message id follows from the incident, so that a mail that is sent
 * twice, because nobody knew that it was taken, is one to programs that look.
 *
 * @throws {INPUT_INVALID} When an address is none.
 */
export function mailAlert(message: AlertMessage, { from, to }: MailEnvelope, at: Date): Mail {
  checkAddresses([from, ...to]);
  const { key, title, since, facts, command, url } = message;
  const hash = createHash("sha256")
    .update(`${key}\n${to.join(",")}`)
    .digest("hex")
    .slice(0, 32);
  const look = [command, url].flatMap((where) => (where === null ? [] : [`  ${where}`]));
  const lines = [
    title,
    "",
    `Since: ${since}`,
    ...facts.map(({ label, text }) => `${label}: ${text}`),
    ...(look.length === 0 ? [] : ["", "Where to look:", ...look]),
  ];
  return {
    from,
    to,
    subject: `[millrace] ${title}`,
    text: `${lines.join("\n")}\n`,
    messageId: `<${hash}@${from.slice(from.lastIndexOf("@") + 1)}>`,
    at,
  };
}

function checkAddresses(addresses: readonly string[]): void {
  const issues = addresses
    .filter((address) => !ADDRESS.test(address))
    .map((address) => `${JSON.stringify(address)} is no address such as ops@example.com.`);
  const toCount = addresses.length - 1;
  if (toCount < 1 || toCount > RECIPIENTS_MAX) {
    issues.push(`It has ${toCount} recipients; give 1 to ${RECIPIENTS_MAX}.`);
  }
  if (issues.length === 0) return;
  const text = `An alert cannot be mailed: ${issues.join(" ")}`;
  throw new MillraceError("INPUT_INVALID", { what: "alert mail", issues }, text);
}

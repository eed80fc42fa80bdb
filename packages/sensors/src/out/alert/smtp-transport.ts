import { createTransport } from "nodemailer";
import type { Mail, MailTransport } from "./mail-alert.ts";

/** For one mail, from the connection to the last answer, each. */
const STEP_MS_MAX = 15_000;

/**
 * Hands mails to an SMTP server, each over a connection of its own: alerts are few.
 *
 * @param server - `smtp://user:password@host:587` or `smtps://…`. With a password, to another
 *   machine, what is sent is encrypted or not sent.
 */
export function smtpTransport(server: string): MailTransport {
  const transport = createTransport({
    url: server,
    connectionTimeout: STEP_MS_MAX,
    greetingTimeout: STEP_MS_MAX,
    socketTimeout: STEP_MS_MAX,
    requireTLS: isTlsNeeded(server),
    // What it is given is data: it reads no files and fetches no URLs for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ from, to, subject, text, messageId, at }: Mail) {
      // RFC 3834: nobody shall answer that they are on holiday.
      const headers = { "Auto-Submitted": "auto-generated" };
      await transport.sendMail({ from, to: [...to], subject, text, messageId, date: at, headers });
    },
  };
}

/**
 * Whether the connection must be encrypted: else whoever sits on the way strikes STARTTLS out of
 * what the server offers, and reads the password.
 */
export function isTlsNeeded(server: string): boolean {
  const url = URL.parse(server);
  if (url === null || url.password === "") return false;
  return !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(url.hostname);
}

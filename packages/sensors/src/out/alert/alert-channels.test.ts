import type { AlertMessage } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { alertMessageFor } from "./alert-channel.ts";
import { type Mail, mailAlert } from "./mail-alert.ts";
import { toMailText } from "./mail-text.ts";

const alert: AlertMessage = {
  key: "run_failed:12",
  title: "delays <!channel> & co failed (run_12)",
  since: "2026-11-21T02:00:00.000Z",
  facts: [{ label: "Error", text: "no <@U1> here" }],
  command: "millrace why run_12",
  url: "https://flow.example.com/runs/run_12?a=1&b=2",
};
const at = new Date("2026-11-21T02:00:05Z");
const envelope = { from: "millrace@example.com", to: ["ops@example.com", "me@example.com"] };

test("Slack gets blocks in which nothing that an error says is markup", () => {
  expect(alertMessageFor("slack", alert).body).toEqual({
    text: "delays &lt;!channel&gt; &amp; co failed (run_12)",
    blocks: [
      { type: "header", text: { type: "plain_text", text: alert.title, emoji: false } },
      {
        type: "section",
        text: {
          type: "plain_text",
          text: "Since 2026-11-21T02:00:00.000Z\nError: no <@U1> here",
          emoji: false,
        },
      },
      {
        type: "section",
        text: { type: "mrkdwn", text: "`millrace why run_12`", verbatim: true },
      },
      {
        type: "section",
        text: {
          type: "mrkdwn",
          text: "<https://flow.example.com/runs/run_12?a=1&amp;b=2|Open>",
          verbatim: true,
        },
      },
    ],
  });
});

test("Slack's limits hold, however much there is to say", () => {
  const facts = Array.from({ length: 9 }, () => ({ label: "x", text: "y".repeat(1_000) }));
  const long = { ...alert, title: "t".repeat(500), facts, command: null, url: null };
  const { blocks } = alertMessageFor("slack", long).body as unknown as {
    blocks: readonly { readonly text: { readonly text: string } }[];
  };
  expect(blocks.map(({ text }) => text.text.length)).toEqual([150, 3_000]);
});

test("a webhook gets type, time and data", () => {
  expect(alertMessageFor("webhook", alert)).toEqual({
    contentType: "application/json",
    headers: {},
    body: {
      type: "millrace.alert",
      timestamp: alert.since,
      data: {
        key: alert.key,
        title: alert.title,
        facts: alert.facts,
        command: alert.command,
        url: alert.url,
      },
    },
  });
});

test("a mail says what happened, since when and where to look", () => {
  const mail = mailAlert(alert, envelope, at);
  expect(mail.subject).toBe("[millrace] delays <!channel> & co failed (run_12)");
  expect(mail.text).toBe(
    "delays <!channel> & co failed (run_12)\n\n" +
      "Since: 2026-11-21T02:00:00.000Z\nError: no <@U1> here\n\n" +
      "Where to look:\n  millrace why run_12\n  https://flow.example.com/runs/run_12?a=1&b=2\n",
  );
});

test("the mail of one incident has one message id, whenever it is made", () => {
  const one = mailAlert(alert, envelope, at).messageId;
  expect(one).toMatch(/^<[0-9a-f]{32}@example\.com>$/);
  expect(mailAlert(alert, envelope, new Date(0)).messageId).toBe(one);
  expect(mailAlert({ ...alert, key: "run_failed:13" }, envelope, at).messageId).not.toBe(one);
});

test.each([
  [{ from: "nobody" }],
  [{ to: [] }],
  [{ to: Array.from({ length: 51 }, () => "a@b.c") }],
  [{ to: ["a@b.c\r\nBcc: evil@example.com"] }],
  [{ to: ["a b@c.d"] }],
])("an envelope like %j is refused", (change) => {
  expect(() => mailAlert(alert, { ...envelope, ...change }, at)).toThrow(/cannot be mailed/);
});

/** What a reader of mails sees. */
function read(text: string): { headers: Map<string, string>; body: string } {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const headers = head
    .replaceAll("\r\n ", " ")
    .split("\r\n")
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const);
  const body = Buffer.from(rest.join("").replaceAll("\r\n", ""), "base64").toString("utf8");
  return { headers: new Map(headers), body };
}

/** RFC 2047: white space between encoded words is none. */
function decoded(header: string): string {
  return header
    .replaceAll(/\?= =\?/g, "?==?")
    .replaceAll(/=\?utf-8\?B\?([^?]*)\?=/g, (_, word: string) =>
      Buffer.from(word, "base64").toString("utf8"),
    );
}

test("a mail's text has its headers in ASCII and its body in base64", () => {
  const { headers, body } = read(toMailText(mailAlert(alert, envelope, at)));
  expect(Object.fromEntries(headers)).toMatchObject({
    Date: "Sat, 21 Nov 2026 02:00:05 +0000",
    From: "millrace@example.com",
    To: "ops@example.com, me@example.com",
    Subject: "[millrace] delays <!channel> & co failed (run_12)",
    "Auto-Submitted": "auto-generated",
  });
  expect(body).toContain("\r\nError: no <@U1> here\r\n");
});

test("whatever a subject and a text hold, they come through, and no header comes of them", () => {
  const text = fc.string({ unit: "binary", maxLength: 120, size: "max" });
  fc.assert(
    fc.property(text, text, (subject, words) => {
      const mail: Mail = { ...mailAlert(alert, envelope, at), subject, text: words };
      const whole = toMailText(mail);
      const { headers, body } = read(whole);
      expect(whole).toMatch(/^[\r\n\u0020-\u007E]*$/);
      expect(whole.split("\r\n").every((line) => line.length <= 78)).toBe(true);
      expect(headers.size).toBe(9);
      expect(decoded(headers.get("Subject") ?? "")).toBe(subject.toWellFormed());
      expect(body).toBe(words.toWellFormed().replaceAll("\n", "\r\n"));
    }),
    { numRuns: 100 },
  );
});

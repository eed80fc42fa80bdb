import type { AlertMessage, JsonValue } from "@millrace/core/internal";

/**
 * The body for a Slack incoming webhook. What users and errors say is plain text, where Slack
 * reads no markup: nobody is called by an `@channel` in an error. A header takes 150 characters, a
 * section 3,000.
 *
 * @see https://docs.slack.dev/reference/block-kit/blocks/header-block
 */
export function slackAlert(message: AlertMessage): JsonValue {
  const { title, since, facts, command, url } = message;
  const lines = [`Since ${since}`, ...facts.map(({ label, text }) => `${label}: ${text}`)];
  return {
    // What notifications show; they read markup.
    text: escaped(title),
    blocks: [
      { type: "header", text: plain(title, HEADER_LENGTH_MAX) },
      { type: "section", text: plain(lines.join("\n"), SECTION_LENGTH_MAX) },
      ...(command === null ? [] : [section(`\`${escaped(command)}\``)]),
      ...(url === null ? [] : [section(`<${escaped(url)}|Open>`)]),
    ],
  };
}

const HEADER_LENGTH_MAX = 150;
const SECTION_LENGTH_MAX = 3_000;

function plain(text: string, lengthMax: number): JsonValue {
  return { type: "plain_text", text: text.slice(0, lengthMax).toWellFormed(), emoji: false };
}

function section(text: string): JsonValue {
  return { type: "section", text: { type: "mrkdwn", text, verbatim: true } };
}

/** The three characters that Slack's markup is made of. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

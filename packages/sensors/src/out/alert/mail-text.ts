import type { Mail } from "./mail-alert.ts";

/** Bytes of text in an encoded word: 75 characters less its frame and the first name, in base64. */
const WORD_BYTES_MAX = 42;

/**
 * A mail as RFC 5322 has it, for transports that take it whole: headers of ASCII, the body UTF-8
 * in base64, lines of at most 78 characters that end in CRLF.
 */
export function toMailText(mail: Mail): string {
  const headers = [
    `Date: ${mail.at.toUTCString().replace("GMT", "+0000")}`,
    `From: ${mail.from}`,
    `To: ${mail.to.join(",\r\n ")}`,
    `Subject: ${headerText(mail.subject)}`,
    `Message-ID: ${mail.messageId}`,
    // RFC 3834: nobody shall answer that they are on holiday.
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
  ];
  const body = Buffer.from(mail.text.replaceAll("\n", "\r\n"), "utf8").toString("base64");
  const lines = body.match(/.{1,76}/g) ?? [];
  return [...headers, "", ...lines, ""].join("\r\n");
}

/** As it is, or as encoded words of RFC 2047, none of which holds a part of a character. */
function headerText(text: string): string {
  if (/^[\u0020-\u007E]{0,60}$/.test(text) && !text.includes("=?")) return text;
  const words: string[] = [];
  let word = "";
  for (const character of text.toWellFormed()) {
    if (Buffer.byteLength(word + character) > WORD_BYTES_MAX) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  const encoded = [...words, word].map((each) => Buffer.from(each, "utf8").toString("base64"));
  return encoded.map((each) => `=?utf-8?B?${each}?=`).join("\r\n ");
}

import { verify, type X509Certificate } from "node:crypto";
import { type Instant, isRecord } from "@millrace/core/internal";
import { readJson } from "../read-json.ts";

export const SNS_TYPES = [
  "Notification",
  "SubscriptionConfirmation",
  "UnsubscribeConfirmation",
] as const;

/** A message as SNS posts it. Nothing of it is authentic before its signature has been verified. */
export interface SnsMessage {
  readonly type: (typeof SNS_TYPES)[number];
  readonly id: string;
  readonly topicArn: string;
  readonly message: string;
  /** All of its members, by the names that SNS gives them. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const REQUIRED = [
  "Type",
  "MessageId",
  "TopicArn",
  "Message",
  "Timestamp",
  "SignatureVersion",
  "Signature",
  "SigningCertURL",
] as const;
const CONFIRMATION = ["SubscribeURL", "Token"] as const;
const ID_LENGTH_MAX = 256;

export type ReadSnsMessage =
  | { readonly ok: true; readonly message: SnsMessage }
  | { readonly ok: false; readonly problem: string };

/** @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export function readSnsMessage(bytes: Uint8Array): ReadSnsMessage {
  const json = readJson(bytes);
  if (!json.ok) return { ok: false, problem: `The body ${json.problem}.` };
  const fields: unknown = json.value;
  if (!isRecord(fields)) return { ok: false, problem: "The body is no message of SNS." };
  const type = SNS_TYPES.find((name) => name === fields["Type"]);
  if (type === undefined)
    return { ok: false, problem: `The Type must be one of ${SNS_TYPES.join(", ")}.` };
  const wanted = type === "Notification" ? REQUIRED : [...REQUIRED, ...CONFIRMATION];
  const missing = wanted.find((name) => typeof fields[name] !== "string" || fields[name] === "");
  // A notification may be empty: then its contents are broken, not its envelope.
  if (missing !== undefined && !(missing === "Message" && fields["Message"] === ""))
    return { ok: false, problem: `The message has no ${missing}.` };
  const id = String(fields["MessageId"]);
  if (id.length > ID_LENGTH_MAX) return { ok: false, problem: "The MessageId is too long." };
  const topicArn = String(fields["TopicArn"]);
  return { ok: true, message: { type, id, topicArn, message: String(fields["Message"]), fields } };
}

const SIGNED_NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const SIGNED_CONFIRMATION = [
  "Message",
  "MessageId",
  "SubscribeURL",
  "Timestamp",
  "Token",
  "TopicArn",
  "Type",
];

/**
 * The text that SNS signs: name and value of each member in byte order of the names, each on a
 * line of its own, without those that are absent (`Subject`).
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
 */
export function signedText({ type, fields }: Pick<SnsMessage, "type" | "fields">): string {
  const names = type === "Notification" ? SIGNED_NOTIFICATION : SIGNED_CONFIRMATION;
  const present = names.filter((name) => typeof fields[name] === "string");
  return present.map((name) => `${name}\n${String(fields[name])}\n`).join("");
}

/** "SignatureVersion1 – Uses an SHA1 hash of the message. SignatureVersion2 – … SHA256". */
const HASHES: ReadonlyMap<unknown, string> = new Map([
  ["1", "RSA-SHA1"],
  ["2", "RSA-SHA256"],
]);

/** Whether the message was signed with the key of this certificate, while that was valid. */
export function isSnsSigned(
  message: SnsMessage,
  certificate: X509Certificate,
  nowMs: Instant,
): boolean {
  const hash = HASHES.get(message.fields["SignatureVersion"]);
  if (hash === undefined || certificate.publicKey.asymmetricKeyType !== "rsa") return false;
  const { validFromDate, validToDate } = certificate;
  if (nowMs < validFromDate.getTime() || nowMs > validToDate.getTime()) return false;
  const signature = Buffer.from(String(message.fields["Signature"]), "base64");
  return verify(hash, Buffer.from(signedText(message)), certificate.publicKey, signature);
}

/**
 * "The total policy retry time for an HTTP/S endpoint cannot be greater than 3,600 seconds"
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html): what is older
 * than that, and than clocks may differ, is played again by somebody else.
 */
const AGE_MS_MAX = 3_600_000;
const CLOCKS_MS = 5 * 60_000;

/** Whether the time that the message is signed with allows that SNS sends it now. */
export function isSnsTimely({ fields }: SnsMessage, nowMs: Instant): boolean {
  const ageMs = nowMs - Date.parse(String(fields["Timestamp"]));
  return ageMs >= -CLOCKS_MS && ageMs <= AGE_MS_MAX + CLOCKS_MS;
}

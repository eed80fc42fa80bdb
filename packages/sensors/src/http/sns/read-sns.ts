import type { SourceProblem } from "../../intake/object-intake.ts";
import type { SnsHook } from "../hook.ts";
import { mapMessage } from "../map-message.ts";
import {
  contextOfHeaders,
  contextOfSns,
  contextWithin,
  type MessageContext,
} from "../../intake/message-context.ts";
import { deadLetter, keyOf, letterOf, sourceOf } from "../message-identity.ts";
import { looseText, readJsonText } from "../read-json.ts";
import { readObjects } from "../read-objects.ts";
import { type Delivery, type Reading, refused, taken } from "../reading.ts";
import type { CertificateCache } from "./certificate-cache.ts";
import { type Fetch, fetchLimited } from "./fetch-limited.ts";
import { certificateUrl, confirmationUrl } from "./sns-address.ts";
import { isSnsSigned, isSnsTimely, readSnsMessage, type SnsMessage } from "./sns-message.ts";

export interface SnsDeps {
  readonly certificates: CertificateCache;
  readonly fetch: Fetch;
  readonly report: (problem: SourceProblem) => void;
}

/**
 * "When you enable raw message delivery for HTTP/S endpoints, the HTTP header
 * x-amz-sns-rawdelivery with its value set to true is added."
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
 */
export function isRawDelivery(headers: Headers): boolean {
  return headers.get("x-amz-sns-rawdelivery")?.toLowerCase() === "true";
}

/** A message of SNS, once its signature is verified; a raw one, which has none, by its token. */
export async function readSns(hook: SnsHook, delivery: Delivery, deps: SnsDeps): Promise<Reading> {
  if (isRawDelivery(delivery.headers)) return readRaw(hook, delivery);
  const read = readSnsMessage(delivery.bytes);
  if (!read.ok) return refused(400, read.problem);
  const { message } = read;
  // First what costs nothing: only who knows a topic can make us ask for a certificate.
  if (!hook.topics.includes(message.topicArn))
    return refused(403, "The topic is none of those that this hook takes.");
  const unauthentic = await refuseUnsigned(message, delivery, deps);
  if (unauthentic !== null) return unauthentic;
  switch (message.type) {
    case "Notification":
      return readContents(hook, delivery, {
        id: message.id,
        text: message.message,
        context: contextOfSns(message.fields["MessageAttributes"]),
      });
    case "SubscriptionConfirmation":
      return confirm(hook, message, deps);
    case "UnsubscribeConfirmation":
      // Whoever unsubscribed had a reason; SNS sends this so that a mistake can be undone.
      tell(deps, hook, `The subscription to ${message.topicArn} has ended.`, null);
      return taken([], ["the subscription has ended"]);
  }
}

/** Null when the signature is right. */
async function refuseUnsigned(
  message: SnsMessage,
  { nowMs }: Delivery,
  { certificates }: SnsDeps,
): Promise<Reading | null> {
  const url = certificateUrl(message.fields["SigningCertURL"]);
  if (url === null) return refused(401, "The SigningCertURL is no address of SNS.");
  if (!isSnsTimely(message, nowMs))
    return refused(401, "The Timestamp is not within the hour in which SNS sends a message.");
  const found = await certificates.find(url, nowMs);
  if (found.type === "unreachable")
    return refused(503, "The certificate of SNS could not be had; send the message again.");
  if (found.type === "none") return refused(401, "SNS has no certificate at the SigningCertURL.");
  if (isSnsSigned(message, found.certificate, nowMs)) return null;
  return refused(401, "The signature is not that of this message.");
}

/** Its topic is what the headers say, which the token vouches for. */
function readRaw(hook: SnsHook, delivery: Delivery): Reading {
  const { headers, bytes } = delivery;
  if ((hook.tokens ?? []).length === 0)
    return refused(401, "Raw messages of SNS are not signed: give the hook a token to take them.");
  if (!hook.topics.includes(headers.get("x-amz-sns-topic-arn") ?? ""))
    return refused(403, "The topic is none of those that this hook takes.");
  const id = headers.get("x-amz-sns-message-id");
  if (id === null || id === "") return refused(400, "The header x-amz-sns-message-id is missing.");
  return readContents(hook, delivery, { id, text: looseText(bytes) });
}

interface SnsContents {
  readonly id: string;
  readonly text: string;
  /** What its attributes say; absent of a raw one. */
  readonly context?: MessageContext;
}

function readContents(
  hook: SnsHook,
  { headers, nowMs }: Delivery,
  { id, text, context: told }: SnsContents,
): Reading {
  const context = contextWithin(told, contextOfHeaders(headers));
  if (hook.becomes === "objects") return readObjects(hook, { id, text, nowMs, context });
  const letter = letterOf(hook, id, text);
  const json = readJsonText(text);
  if (!json.ok) return taken([deadLetter(letter, `the notification ${json.problem}`)]);
  const message = mapMessage(hook.becomes, json.value, {
    source: { type: "sns", key: hook.name },
    idempotencyKey: keyOf([hook.name, id]),
    context,
    letter,
  });
  return taken([message]);
}

async function confirm(hook: SnsHook, message: SnsMessage, deps: SnsDeps): Promise<Reading> {
  const { SubscribeURL: address, Token: token } = message.fields;
  const url = confirmationUrl(address, message.topicArn, String(token));
  if (url === null) return refused(401, "The SubscribeURL is no address of SNS.");
  try {
    const { status } = await fetchLimited(deps.fetch, url);
    if (status === 200) return taken([], ["the subscription is confirmed"]);
    tell(deps, hook, `SNS answered ${status} to the confirmation of ${message.topicArn}.`, null);
  } catch (error) {
    tell(deps, hook, `The subscription to ${message.topicArn} could not be confirmed.`, error);
  }
  return refused(503, "The subscription could not be confirmed; send the message again.");
}

function tell({ report }: SnsDeps, hook: SnsHook, message: string, error: unknown): void {
  report({ source: sourceOf(hook), message, error });
}

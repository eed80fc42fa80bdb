import { definitionInvalid } from "@millrace/core/internal";
import { type NatsAccess, natsAccessProblems } from "../../events/nats/nats-access.ts";
import { nameProblems } from "../../source/source-brand.ts";
import {
  defineHttpOut,
  eventsProblems,
  OUT,
  type OutDefinition,
  type WebhookOutOptions,
} from "./webhook-out.ts";

export interface CloudEventsOutOptions extends WebhookOutOptions {
  /** How HTTP carries them; structured unless given. */
  readonly mode?: "structured" | "binary";
  readonly nats?: undefined;
}

export interface CloudEventsNatsOptions extends Pick<WebhookOutOptions, "events"> {
  /** Where they are published instead of a URL. */
  readonly nats: NatsAccess & {
    /** It must be one that a stream of JetStream takes: nothing else keeps what is published. */
    readonly subject: string;
  };
}

/**
 * Tells a receiver of facts by CloudEvents 1.0: over HTTP, otherwise as {@link webhookOut}; or on a
 * subject of NATS JetStream, structured, in order, each at least once. There an event is delivered
 * when a stream has stored it; `Nats-Msg-Id` lets the stream drop one that is sent again within
 * its window.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const mesh = cloudEventsOut("mesh", {
 *   url: "https://broker.example.com/default",
 *   events: ["dev.millrace.*"],
 * });
 * @example
 * export const bus = cloudEventsOut("bus", {
 *   nats: { connection: "bus", subject: "millrace.facts" },
 *   events: ["dev.millrace.*"],
 * });
 */
export function cloudEventsOut(
  name: string,
  options: CloudEventsOutOptions | CloudEventsNatsOptions,
): OutDefinition {
  if (options.nats === undefined)
    return defineHttpOut("cloudevents", name, { mode: "structured", ...options });
  const { nats, events } = options;
  const found = [
    ...natsAccessProblems(nats),
    ...(SUBJECT.test(nats.subject)
      ? []
      : [`the subject ${JSON.stringify(nats.subject)} is none to publish on; write it like "a.b"`]),
    ...eventsProblems(events),
  ];
  const problems = [
    ...nameProblems(name, "cloudEventsOut"),
    ...found.map((problem) => `cloudEventsOut ${JSON.stringify(name)}: ${problem}.`),
  ];
  if (problems.length > 0) throw definitionInvalid(problems);
  const out = { [OUT]: true, type: "cloudevents", name, url: `nats:${name}`, mode: "structured" };
  const definition = { ...out, namespace: null, secrets: [], events: [...events] };
  // Not shown in logs or JSON: it may hold credentials.
  Object.defineProperty(definition, "nats", { value: nats });
  return Object.freeze(definition) as unknown as OutDefinition;
}

/** Tokens with dots between them, and no wildcard. */
const SUBJECT = /^(?=.{1,255}$)[^\s.*>]+(\.[^\s.*>]+)*$/;

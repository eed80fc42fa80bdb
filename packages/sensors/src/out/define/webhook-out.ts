import { definitionInvalid, variableProblem } from "@millrace/core/internal";
import { nameProblems } from "../../source/source-brand.ts";
import type { NatsTarget } from "../nats/nats-send.ts";

/** Marks what this package's functions declared, also across duplicate installs of it. */
export const OUT: unique symbol = Symbol.for("millrace.out") as never;

/** Who outside is told of facts. Data only. */
export interface OutDefinition {
  readonly [OUT]: true;
  readonly type: "webhook" | "cloudevents" | "openlineage";
  readonly name: string;
  /** Of one on NATS, a name for where that is. */
  readonly url: string;
  /** Not shown in logs or JSON: it may hold credentials. Undefined unless it is on NATS. */
  readonly nats?: NatsTarget | undefined;
  /** Names of environment variables. */
  readonly secrets: readonly string[];
  readonly events: readonly string[];
  /** Of CloudEvents over HTTP. */
  readonly mode: "structured" | "binary";
  /** Of OpenLineage: names the installation. */
  readonly namespace: string | null;
}

export interface WebhookOutOptions {
  /** `http` or `https`, without credentials. */
  readonly url: string;
  /**
   * Environment variables (or `<NAME>_FILE`) of the secrets that sign, the newest first: `whsec_`
   * and base64 of 24 to 64 bytes. None: it is not signed.
   */
  readonly secrets?: readonly string[];
  /**
   * What it is told of, with `*` at the end for all that begin so: names of events, and
   * `dev.millrace.dataset.updated.v1`, `….dataset.removed.v1`, `dev.millrace.pipeline.run.failed.v1`,
   * `….succeeded.v1` and `….cancelled.v1`.
   */
  readonly events: readonly string[];
}

/**
 * Tells a receiver of facts by webhooks: signed and retried as Standard Webhooks has it, in order,
 * each at least once under an id of its own. The body is `{ type, timestamp, data }`. A receiver
 * that is slow makes nobody wait but itself.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const crm = webhookOut("crm", {
 *   url: "https://crm.example.com/hooks/millrace",
 *   secrets: ["CRM_WEBHOOK_SECRET"],
 *   events: ["dev.millrace.dataset.updated.v1", "ticket.*"],
 * });
 */
export function webhookOut(name: string, options: WebhookOutOptions): OutDefinition {
  return defineHttpOut("webhook", name, { ...options, mode: "structured" });
}

/** Whether a project exported it to be told of facts. */
export function isOut(value: unknown): value is OutDefinition {
  return typeof value === "object" && value !== null && OUT in value;
}

/** What lineage is made of: ends of runs, and updates. */
export const LINEAGE_EVENTS: readonly string[] = [
  "dev.millrace.pipeline.run.*",
  "dev.millrace.dataset.*",
];

const EVENTS_MAX = 100;
const SECRETS_MAX = 5;
const PATTERN = /^[^\s*]{0,255}\*?$/;

/** What is told over HTTP; options are checked. */
export function defineHttpOut(
  type: "webhook" | "cloudevents",
  name: string,
  options: WebhookOutOptions & { readonly mode: "structured" | "binary" },
): OutDefinition {
  const { url, secrets = [], events, mode } = options;
  const where = type === "webhook" ? "webhookOut" : "cloudEventsOut";
  const problems = [
    ...nameProblems(name, where),
    ...[
      urlProblem(url),
      ...secrets.map(variableProblem),
      ...eventsProblems(events),
      secrets.length <= SECRETS_MAX ? null : `it has ${secrets.length} secrets; give at most 5`,
    ].flatMap((problem) =>
      problem === null ? [] : [`${where} ${JSON.stringify(name)}: ${problem}.`],
    ),
  ];
  if (problems.length > 0) throw definitionInvalid(problems);
  const out = { [OUT]: true, type, name, url, mode, namespace: null } as const;
  return Object.freeze({ ...out, secrets: [...secrets], events: [...events] });
}

/** What is wrong with what a subscriber wants to be told of, in parts of sentences. */
export function eventsProblems(events: readonly string[]): readonly string[] {
  const unfit = events.filter((event) => event === "" || !PATTERN.test(event));
  return [
    ...(events.length >= 1 && events.length <= EVENTS_MAX
      ? []
      : [`it names ${events.length} events; give 1 to ${EVENTS_MAX}, such as "dev.millrace.*"`]),
    ...unfit.map(
      (event) =>
        `${JSON.stringify(event)} is no name of an event; write it whole, or its beginning and "*"`,
    ),
  ];
}

/** Never with what may be secret in it. */
export function urlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return "its URL is none of http or https";
  }
  return url.username === "" && url.password === ""
    ? null
    : "its URL holds credentials; sign instead";
}

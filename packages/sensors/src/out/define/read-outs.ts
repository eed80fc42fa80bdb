import type {
  AlertChannel,
  MakeMessages,
  OutMessage,
  OutSubscription,
} from "@millrace/core/internal";
import { alertMessageFor } from "../alert/alert-channel.ts";
import { type Mail, mailAlert, type MailEnvelope } from "../alert/mail-alert.ts";
import { alertsOf, cloudEventsOf, natsEventsOf, webhooksOf } from "../feed/out-messages.ts";
import { lineageOf } from "../feed/lineage-messages.ts";
import type { NatsTarget } from "../nats/nats-send.ts";
import { type OutTarget, targetProblems, TIMEOUT_MS } from "../webhook/out-target.ts";
import type { OutDefinition } from "./webhook-out.ts";

/** Who is told of what: all that a database has to know. */
export interface OutSubscriber {
  readonly name: string;
  readonly subscription: OutSubscription;
}

/** Alerts of one namespace. */
export interface NamespaceAlerts {
  readonly namespace: string;
  readonly channels: readonly AlertChannel[];
}

/** What a project declares of what goes out. */
export interface OutDeclarations {
  readonly outs: readonly OutDefinition[];
  readonly alerts: readonly NamespaceAlerts[];
}

/** Those that this process can send to, and why it cannot to the others. */
export interface ReadOuts {
  readonly targets: ReadonlyMap<string, OutTarget>;
  readonly makers: ReadonlyMap<string, MakeMessages>;
  /** Complete sentences that name variables, never what they hold. */
  readonly problems: readonly string[];
}

/** Where addresses and secrets come from: `process.env` and `readFile`, or a test's own. */
export interface OutEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  /** Names the installation in what goes out: a URL, or another URI. */
  readonly base: string;
  /** Of the page, for links in alerts; null: there is none. */
  readonly pageUrl: string | null;
}

const ALERT_TYPES = [
  "dev.millrace.pipeline.run.failed.v1",
  "dev.millrace.dead_letter.v1",
  "millrace.deadline.missed",
  "millrace.dataset.stale",
];

/** Everyone who is to be told, whether or not this process can send to them. */
export function subscribersOf({ outs, alerts }: OutDeclarations): readonly OutSubscriber[] {
  return [
    ...outs.map((out): OutSubscriber => ({
      name: nameOfOut(out),
      subscription: { kinds: ["update", "event", "run"], types: out.events, namespaces: null },
    })),
    ...alerts.flatMap(({ namespace, channels }) =>
      channels.map((channel): OutSubscriber => ({
        name: nameOfAlert(namespace, channel),
        subscription: {
          kinds: ["event", "run", "dead_letter"],
          types: ALERT_TYPES,
          namespaces: [namespace],
        },
      })),
    ),
  ];
}

/** Those of the outs that are on NATS, by the URLs of their targets. */
export function natsTargetsOf({
  outs,
}: Pick<OutDeclarations, "outs">): ReadonlyMap<string, NatsTarget> {
  const found = outs.flatMap(({ url, nats }) => (nats === undefined ? [] : [[url, nats] as const]));
  return new Map(found);
}

/**
 * Reads the addresses and secrets of all that goes out. One that is missing leaves its subscriber
 * out of this process: what it is to be told waits for a process that has it.
 */
export async function readOuts(
  { outs, alerts }: OutDeclarations,
  source: OutEnvironment,
): Promise<ReadOuts> {
  const targets = new Map<string, OutTarget>();
  const makers = new Map<string, MakeMessages>();
  const problems: string[] = [];
  for (const out of outs) await take(nameOfOut(out), () => readOut(out, source));
  for (const { namespace, channels } of alerts) {
    for (const channel of channels) {
      await take(nameOfAlert(namespace, channel), () => readChannel(channel, source));
    }
  }
  return { targets, makers, problems };

  async function take(name: string, read: () => Promise<ReadOut>): Promise<void> {
    try {
      const { target, make } = await read();
      const found = /^(?:smtps?|file|nats):/.test(target.url) ? [] : targetProblems(name, target);
      problems.push(...found);
      if (found.length > 0) return;
      targets.set(name, target);
      makers.set(name, make);
    } catch (error) {
      problems.push(`${name} is not sent to from here: ${(error as Error).message}`);
    }
  }
}

interface ReadOut {
  readonly target: OutTarget;
  readonly make: MakeMessages;
}

async function readOut(out: OutDefinition, source: OutEnvironment): Promise<ReadOut> {
  const secrets = await readAll(out.secrets, source);
  return {
    target: { url: out.url, secrets, headers: {}, timeoutMs: TIMEOUT_MS },
    make: makerOf(out, source.base),
  };
}

function makerOf(out: OutDefinition, base: string): MakeMessages {
  const { type, mode, namespace, nats } = out;
  if (nats !== undefined) return natsEventsOf(base, nameOfOut(out));
  switch (type) {
    case "webhook":
      return webhooksOf(base);
    case "cloudevents":
      return cloudEventsOf(base, mode);
    case "openlineage":
      return lineageOf({ ...PRODUCER, installation: namespace ?? base });
  }
}

const PRODUCER = {
  url: "https://github.com/millrace/millrace/tree/v0.1.0/packages/sensors",
  version: "0.1.0",
};

async function readChannel(channel: AlertChannel, source: OutEnvironment): Promise<ReadOut> {
  if (channel.type === "mail") return readMail(channel, source);
  const url = await readVariable(channel.url, source);
  const secrets = channel.type === "webhook" ? await readAll(channel.secrets, source) : [];
  return {
    target: { url, secrets, headers: {}, timeoutMs: TIMEOUT_MS },
    make: alertsOf(source.pageUrl, (alert) => alertMessageFor(channel.type, alert)),
  };
}

async function readMail(
  channel: Extract<AlertChannel, { type: "mail" }>,
  source: OutEnvironment,
): Promise<ReadOut> {
  const [server = "", from = "", list = ""] = await readAll(
    [channel.server, channel.from, channel.to],
    source,
  );
  if (!/^smtps?:\/\//.test(server) || URL.parse(server) === null) {
    throw new Error(`${channel.server} holds no URL such as smtp://user:password@host:587.`);
  }
  const envelope = { from, to: list.split(",").map((address) => address.trim()) };
  checkEnvelope(channel, envelope);
  return {
    target: { url: server, secrets: [], headers: {}, timeoutMs: TIMEOUT_MS },
    make: alertsOf(source.pageUrl, (alert) => mailMessage(mailAlert(alert, envelope, new Date()))),
  };
}

const PROBE = { key: "", title: "", since: "", facts: [], command: null, url: null };

/**
 * A wrong address is found now, not when there is something to tell. What the variables hold is not
 * repeated: somebody may have put the server, with its password, into the wrong one.
 */
function checkEnvelope(
  { from, to }: Extract<AlertChannel, { type: "mail" }>,
  envelope: MailEnvelope,
): void {
  try {
    mailAlert(PROBE, envelope, new Date(0));
  } catch {
    throw new Error(
      `${from} must hold one address such as ops@example.com, and ${to} 1 to 50 of them, separated by commas.`,
    );
  }
}

function mailMessage({ at, ...mail }: Mail): OutMessage {
  const body = JSON.stringify({ ...mail, at: at.toISOString() });
  return { contentType: "application/json", headers: {}, body };
}

function nameOfOut({ type, name }: OutDefinition): string {
  return `${type}/${name}`;
}

function nameOfAlert(namespace: string, { name }: AlertChannel): string {
  return `alert/${namespace}/${name}`;
}

async function readAll(
  names: readonly string[],
  source: OutEnvironment,
): Promise<readonly string[]> {
  const values: string[] = [];
  for (const name of names) values.push(await readVariable(name, source));
  return values;
}

/** @throws When neither it nor its file is there; says which to set. */
async function readVariable(
  name: string,
  { environment, readFile }: OutEnvironment,
): Promise<string> {
  const value = environment[name] ?? "";
  if (value !== "") return value;
  const path = environment[`${name}_FILE`] ?? "";
  if (path === "") throw new Error(`set the environment variable ${name}, or ${name}_FILE.`);
  try {
    return (await readFile(path)).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new Error(`${name}_FILE names a file that cannot be read.`, { cause });
  }
}

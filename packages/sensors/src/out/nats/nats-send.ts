import type { JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Connection } from "../../connection/connection.ts";
import { connectNats, type NatsAccess } from "../../events/nats/nats-access.ts";
import type { OutSend } from "../webhook/out-http.ts";

/** Where a subscriber on NATS wants its messages. */
export interface NatsTarget extends NatsAccess {
  readonly subject: string;
}

export interface NatsSend {
  readonly send: OutSend;
  /** Lets go of the connections; what is sent afterwards opens new ones. */
  close(): Promise<void>;
}

interface Publisher {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
}

/** The header, of lower case, that says what a stream is to know a message by. */
export const MESSAGE_ID = "nats-msg-id";

/**
 * Publishes what goes to one of `targets`, by their URLs, and sends all else by `next`. What a
 * stream has stored is delivered; one that it had stored already, too. Connections are kept.
 *
 * @param read - Finds a connection that a target names.
 */
export function natsSend(
  targets: ReadonlyMap<string, NatsTarget>,
  next: OutSend,
  read: (name: string) => Promise<Connection>,
): NatsSend {
  const publishers = new Map<string, Promise<Publisher>>();
  return {
    async send(request) {
      const target = targets.get(request.url);
      if (target === undefined) return next(request);
      try {
        const { client } = await publisherOf(request.url, target);
        const { [MESSAGE_ID]: msgID, ...given } = request.headers;
        const { headers: newHeaders } = await import("@nats-io/transport-node");
        const headers = newHeaders();
        // Those of webhooks mean nothing here.
        for (const [name, value] of Object.entries(given))
          if (!name.startsWith("webhook-")) headers.set(name, value);
        const options = { headers, timeout: request.timeoutMs };
        await client.publish(target.subject, request.body, {
          ...options,
          ...(msgID !== undefined && { msgID }),
        });
        return { type: "answered", status: 200, retryAfter: null, body: "" };
      } catch (error) {
        return { type: "unreachable", reason: reasonOf(error, target) };
      }
    },
    async close() {
      const open = [...publishers.values()];
      publishers.clear();
      await Promise.allSettled(open.map(async (publisher) => (await publisher).connection.close()));
    },
  };

  function publisherOf(url: string, target: NatsTarget): Promise<Publisher> {
    const found = publishers.get(url);
    if (found !== undefined) return found;
    const opening = openPublisher(target, url, read);
    publishers.set(url, opening);
    const forget = (): void => {
      if (publishers.get(url) === opening) publishers.delete(url);
    };
    // One that could not be opened, or that broke, is opened anew for the next message.
    opening.then(({ connection }) => void connection.closed().then(forget), forget);
    return opening;
  }
}

async function openPublisher(
  target: NatsTarget,
  url: string,
  read: (name: string) => Promise<Connection>,
): Promise<Publisher> {
  const connection = await connectNats(target, `millrace out ${url.slice("nats:".length)}`, read);
  const { jetstream } = await import("@nats-io/jetstream");
  return { connection, client: jetstream(connection, { checkAPI: false }) };
}

/** What nobody answers to is, in JetStream, a subject that no stream takes. */
function reasonOf(error: unknown, { subject }: NatsTarget): string {
  if (!(error instanceof Error)) return "the message could not be published";
  const isUnheard = error.name === "JetStreamNotEnabled" || error.name === "NoRespondersError";
  return isUnheard ? `no stream takes the subject ${subject}` : error.message || error.name;
}

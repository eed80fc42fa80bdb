import pg from "pg";
import { urlWithLogin } from "../../connection/connection.ts";
import type { EventSource, EventSourceContext } from "../event-source.ts";
import { OutboxEvents } from "./outbox-events.ts";
import type { OutboxReading } from "./postgres-source.ts";

const CONNECT_MS_MAX = 5_000;
/** No statement of a source takes long; one that does has lost its server. */
const QUERY_MS_MAX = 30_000;

/** Connects, and listens for notifications of new rows. */
export async function openOutbox(
  reading: OutboxReading,
  { connection }: EventSourceContext,
): Promise<EventSource> {
  const client = new pg.Client({
    connectionString: await reach(reading, connection),
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: QUERY_MS_MAX,
    keepAlive: true,
    application_name: `millrace source ${reading.name}`,
  });
  const events = new OutboxEvents(reading, client);
  try {
    await client.connect();
    // Before the first look, so that nothing comes in between unheard.
    await client.query(`listen "${reading.channel}"`);
    return events;
  } catch (error) {
    await events.close();
    throw error;
  }
}

async function reach(
  { url, connection: name }: OutboxReading,
  connection: EventSourceContext["connection"],
): Promise<string> {
  if (name === null) return url ?? "";
  const found = urlWithLogin(await connection(name));
  if (found !== null && /^postgres(ql)?:$/.test(found.protocol)) return found.href;
  throw new Error(`The connection ${name} must be a URL like postgres://host:5432/name.`);
}

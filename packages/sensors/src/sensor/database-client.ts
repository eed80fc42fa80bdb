import pg from "pg";
import { type Connection, urlWithLogin } from "../connection/connection.ts";
import { CALL_MS } from "./asking.ts";

/** @returns Why there is no connection, as a sentence, when there is none. */
export async function openClient(connection: Connection): Promise<pg.Client | string> {
  const parsed = urlWithLogin(connection);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    return "its URL is none of postgres://; mend the variable of the connection";
  const client = new pg.Client({
    // What stands in it, even nothing, counts more for the driver than what is given beside it.
    connectionString: parsed.href,
    connectionTimeoutMillis: CALL_MS,
    query_timeout: CALL_MS * 2,
    application_name: "millrace sensors",
  });
  // A connection that breaks between two queries tells of it here; the next query fails.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await closeClient(client);
    return error instanceof Error ? error.message.slice(0, 300) : typeof error;
  }
}

export async function closeClient(client: pg.Client): Promise<void> {
  await client.end().catch(() => {});
}

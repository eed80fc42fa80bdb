import { connect } from "node:net";
import type { SqlBackend, SqlClient } from "./sql-client.ts";

/** The code of PostgreSQL's cancel request, where others have the version of the protocol. */
const CANCEL_REQUEST = 80_877_102;
const REQUEST_BYTES = 16;
const CANCEL_MS_MAX = 5_000;

/**
 * Asks the server to stop what a connection does, in the protocol's own way: over a connection of
 * its own, which says whom it is about. Best effort, like every cancel request.
 */
export async function cancelQuery(client: SqlClient): Promise<void> {
  if (!isBackend(client)) return;
  const { host, port, processID, secretKey } = client;
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeInt32BE(REQUEST_BYTES, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = host.startsWith("/")
    ? connect(`${host}/.s.PGSQL.${port}`)
    : connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.setTimeout(CANCEL_MS_MAX, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("close", () => resolve());
  socket.end(request);
  await promise;
}

function isBackend(client: object): client is SqlBackend {
  const { host, port, processID, secretKey } = client as Partial<SqlBackend>;
  return (
    typeof host === "string" &&
    typeof port === "number" &&
    typeof processID === "number" &&
    typeof secretKey === "number"
  );
}

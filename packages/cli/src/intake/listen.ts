import { createServer, type Server } from "node:http";
import { serve } from "@hono/node-server";
import { HEADER_BYTES_MAX } from "@millrace/sensors/internal";
import { inputInvalid } from "../input/input-invalid.ts";

export interface Address {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Listening {
  readonly port: number;
  /**
   * Takes no connection any more, and resolves when all requests are answered, `graceMs` are over,
   * or `hurry` has resolved; then true. What is not answered by then is cut off.
   */
  stop(graceMs: number, hurry: Promise<void>): Promise<boolean>;
}

const CONNECTIONS_MAX = 1_024;
const HEADERS_MS_MAX = 10_000;
/** Above what a body may take, and what is done with it. */
const REQUEST_MS_MAX = 30_000;
const LIMITS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: HEADERS_MS_MAX,
  requestTimeout: REQUEST_MS_MAX,
  connectionsCheckingInterval: 2_000,
};

/**
 * Serves over HTTP, with connections, headers and their time bounded.
 *
 * @throws {INPUT_INVALID} When the address cannot be listened on.
 */
export async function listen(
  site: { readonly fetch: (request: Request) => Response | Promise<Response> },
  address: Address,
): Promise<Listening> {
  const listening = Promise.withResolvers<number>();
  const server = serve(
    { fetch: site.fetch, ...address, createServer, serverOptions: LIMITS },
    ({ port }) => listening.resolve(port),
  ) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  server.on("error", (error) => listening.reject(unusable(address, error)));
  const port = await listening.promise;
  return { port, stop: (graceMs, hurry) => stop(server, graceMs, hurry) };
}

async function stop(server: Server, graceMs: number, hurry: Promise<void>): Promise<boolean> {
  const closed = Promise.withResolvers<"closed">();
  server.close(() => closed.resolve("closed"));
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(late.resolve, graceMs, "late" as const);
  const hurried = hurry.then(() => "hurried" as const);
  const end = await Promise.race([closed.promise, late.promise, hurried]);
  clearTimeout(timer);
  if (end !== "closed") server.closeAllConnections();
  await closed.promise;
  return end === "hurried";
}

function unusable({ hostname, port }: Address, { message }: Error): Error {
  return inputInvalid("--port", [
    `It cannot listen on ${hostname}:${port}: ${message}. Choose another --port or --host.`,
  ]);
}

import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import type { Connection } from "../../connection/connection.ts";
import { connectionNameProblem } from "../../connection/connection.ts";

/** Who one is to a server of NATS. */
export type NatsCredentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  /** What a `.creds` file holds: a JWT and the seed of its key. */
  | { readonly creds: string }
  | { readonly nkeySeed: string };

/** How to reach NATS: by servers, or by a connection of the environment. */
export interface NatsAccess {
  /** `nats://host:4222`, or `tls://…`; of several, one that answers. */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * Instead of servers and credentials: `MILLRACE_CONNECTION_<NAME>` holds the URL, with user and
   * password in it or not, and `MILLRACE_CONNECTION_<NAME>_TOKEN` a token or the contents of a
   * `.creds` file. It is read each time that the source is opened.
   */
  readonly connection?: string | undefined;
  /** Asked for each time that the source is opened, where it is a function. */
  readonly credentials?: NatsCredentials | (() => Promise<NatsCredentials>);
  /** Paths of PEM files: whom to trust, and who one is. */
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
  };
}

/** What is wrong with how NATS is to be reached, in parts of sentences; never with a secret. */
export function natsAccessProblems(access: NatsAccess): readonly string[] {
  const { servers, connection, credentials } = access;
  if ((servers === undefined) === (connection === undefined))
    return ["give either servers or the name of a connection"];
  if (connection !== undefined) {
    const problem = connectionNameProblem(connection);
    if (problem !== null) return [problem.replace(/\.$/, "")];
    return credentials === undefined
      ? []
      : ["credentials go with servers; a connection has its own"];
  }
  const list = serversOf(access);
  if (list.length === 0) return ["it names no server"];
  // Not repeated: what was given may hold a password.
  return list.every(isServer)
    ? []
    : [
        'a server is written like "nats://host:4222" or "tls://host:4222", without user or password',
      ];
}

/** Where it leads, for people. */
export function describeNats(access: NatsAccess): string {
  return access.connection === undefined
    ? serversOf(access).join(", ")
    : `the connection ${access.connection}`;
}

/**
 * Connects once, without coming back by itself: whoever holds a connection that broke is to know of
 * it. The client is loaded only now, so that nobody pays for it who does not use it.
 */
export async function connectNats(
  access: NatsAccess,
  name: string,
  read: (connection: string) => Promise<Connection>,
): Promise<NatsConnection> {
  const { connect, credsAuthenticator, nkeyAuthenticator } =
    await import("@nats-io/transport-node");
  const { servers, credentials } = await resolve(access, read);
  return connect({
    servers: [...servers],
    name,
    reconnect: false,
    timeout: CONNECT_MS_MAX,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ...(access.tls !== undefined && { tls: { ...access.tls } }),
    ...(credentials !== null && toOptions(credentials)),
  });

  function toOptions(given: NatsCredentials): ConnectionOptions {
    if ("user" in given) return { user: given.user, pass: given.password };
    if ("token" in given) return { token: given.token };
    const encoder = new TextEncoder();
    const authenticator =
      "creds" in given
        ? credsAuthenticator(encoder.encode(given.creds))
        : nkeyAuthenticator(encoder.encode(given.nkeySeed));
    return { authenticator };
  }
}

const CONNECT_MS_MAX = 5_000;
/** A server that has not answered two of these is gone. */
const PING_MS = 10_000;

interface Resolved {
  readonly servers: readonly string[];
  readonly credentials: NatsCredentials | null;
}

async function resolve(
  access: NatsAccess,
  read: (connection: string) => Promise<Connection>,
): Promise<Resolved> {
  const { connection, credentials = null } = access;
  if (connection === undefined) {
    const given = typeof credentials === "function" ? await credentials() : credentials;
    return { servers: serversOf(access), credentials: given };
  }
  const { url, login, token } = await read(connection);
  if (url === null || !isServer(url))
    throw new Error(`The connection ${connection} must be a URL like nats://host:4222.`);
  return { servers: [url], credentials: credentialsOf(login, token) };
}

function credentialsOf(
  login: Connection["login"],
  token: Connection["token"],
): NatsCredentials | null {
  if (login !== null) return { user: login.username, password: login.password };
  if (token === null) return null;
  return token.includes("-----BEGIN NATS USER JWT-----") ? { creds: token } : { token };
}

function serversOf({ servers = [] }: Pick<NatsAccess, "servers">): readonly string[] {
  return typeof servers === "string" ? [servers] : servers;
}

function isServer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.hostname === "" || !/^(nats|tls):$/.test(url.protocol)) return false;
  return url.username === "" && url.password === "" && /^\/?$/.test(url.pathname);
}

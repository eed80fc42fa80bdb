import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect } from "kysely";
import pg from "pg";
import { lockDirectory } from "./directory-lock.ts";
import type { Tables } from "./tables.ts";

/** An open database: the same SQL on a server and in this process. */
export interface Database {
  readonly kind: "server" | "embedded";
  readonly db: Kysely<Tables>;
  /** Connections that this process may hold at once. */
  readonly connectionsMax: number;
  /** How to wait before something is tried again; absent: in real time. */
  readonly sleep?: (ms: number) => Promise<void>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly url: string;
  /** Connections of the pool; 8 when not given. */
  readonly connectionsMax?: number;
  /** Told about errors of idle connections, which the pool replaces by itself. */
  readonly onProblem?: (error: Error) => void;
}

export interface EmbeddedOptions {
  /** Where the data lies; null keeps it in memory. */
  readonly directory: string | null;
}

/** Opens a pool of connections to a PostgreSQL server, 15 or newer. Connects at the first query. */
export function openServer(options: ServerOptions): Database {
  const { url, connectionsMax = 8, onProblem = () => {} } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    statement_timeout: 60_000,
    lock_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    types: { getTypeParser },
  });
  pool.on("error", onProblem);
  // A client that is checked out but idle has no listener of the pool's: without one of its own,
  // a dropped connection would end the process.
  pool.on("connect", (client) => void client.on("error", onProblem));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { kind: "server", db, connectionsMax, close: () => db.destroy() };
}

/**
 * Opens PGlite in this process.
 *
 * @throws {DIRECTORY_LOCKED} When another process has the directory open: two writers would
 * silently lose each other's rows.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const { directory } = options;
  const lock = directory === null ? null : await lockDirectory(directory);
  try {
    const pglite = await PGlite.create(directory === null ? {} : { dataDir: directory });
    const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
    const close = async (): Promise<void> => {
      await db.destroy();
      await lock?.release();
    };
    return { kind: "embedded", db, connectionsMax: 1, close };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

const INT8 = 20;

/** Row ids and counts fit in 2^53; PGlite gives numbers already. */
function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === INT8) return Number;
  return pg.types.getTypeParser(oid, format as "text");
}

import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect } from "kysely";
import { lockDirectory } from "./directory-lock.ts";
import { PATIENT, PROMPT, serverPool, type Timeouts } from "./server-pool.ts";
import type { Tables } from "./tables.ts";

/** An open database: the same SQL on a server and in this process. */
export interface Database {
  readonly kind: "server" | "embedded";
  /** Its connections take a statement while another one is under way, and keep their order. */
  readonly isPipelined?: boolean;
  readonly db: Kysely<Tables>;
  /** Connections that this process may hold at once, all of them together. */
  readonly connectionsMax: number;
  /** Connections of their own for what must go on when these are used up; absent: it uses these. */
  readonly apart?: Apart;
  /** How to wait before something is tried again; absent: in real time. */
  readonly sleep?: (ms: number) => Promise<void>;
  close(): Promise<void>;
}

/**
 * The same database over connections of their own, so that nobody who reads or waits can use up
 * what the engine needs. No operation needs a second connection while it holds one.
 */
export interface Apart {
  /** For sessions, timers and sweeps, and what sweeps end. */
  readonly control: Database;
  /** For claims, finishes and evaluations. */
  readonly work: Database;
}

export interface ServerOptions {
  readonly url: string;
  /** Connections of the pool; 8 when not given. */
  readonly connectionsMax?: number;
  /** Connections beside those, by what they are for; absent: there are none. */
  readonly apart?: { readonly [Lane in keyof Apart]: number };
  readonly timeouts?: Timeouts;
  /** Told about errors of idle connections, which the pool replaces by itself. */
  readonly onProblem?: (error: Error) => void;
}

export interface EmbeddedOptions {
  /** Where the data lies; null keeps it in memory. */
  readonly directory: string | null;
}

/** Opens connections to a PostgreSQL server, 15 or newer. Connects at the first query. */
export function openServer(options: ServerOptions): Database {
  const { connectionsMax = 8, timeouts = PATIENT, apart } = options;
  const main = openPool(options, connectionsMax, timeouts);
  if (apart === undefined) return main;
  const prompt = options.timeouts ?? PROMPT;
  const control = openPool(options, apart.control, prompt, true);
  const work = openPool(options, apart.work, prompt, true);
  const all = [main, control, work];
  return {
    ...main,
    connectionsMax: all.reduce((sum, each) => sum + each.connectionsMax, 0),
    apart: { control, work },
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  };
}

function openPool(
  { url, onProblem = () => {} }: ServerOptions,
  connectionsMax: number,
  timeouts: Timeouts,
  isSelective = false,
): Database {
  const pool = serverPool({ url, connectionsMax, timeouts, isSelective, onProblem });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { kind: "server", isPipelined: true, db, connectionsMax, close: () => db.destroy() };
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

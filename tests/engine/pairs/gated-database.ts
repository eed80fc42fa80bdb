import type { Database } from "@millrace/postgres";
import { present } from "@millrace/core/internal";
import { Kysely, PostgresDialect, type PostgresPoolClient } from "kysely";
import pg from "pg";

/** A database with one connection, whose statements are counted and can be held. */
export interface GatedDatabase extends Database {
  /** The server's process: what others see waiting. */
  readonly pid: number;
  /** Statements since the last `begin`, those that begin and end transactions among them. */
  readonly statements: readonly string[];
  /** Breaks that the server made: deadlocks (40P01) and conflicts of serialization (40001). */
  readonly breaks: readonly string[];
  /** Forgets what was before; the statement of this number, from 0, will wait. Infinity: none. */
  arm(holdBefore: number): Hold;
}

export interface Hold {
  /** Resolves when the statement is about to be sent. */
  readonly reached: Promise<void>;
  /** Lets it go on. */
  release(): void;
}

const INT8 = 20;

/** Opens it, at a fixed time of the database's clock when one is given. */
export async function openGated(url: string): Promise<GatedDatabase> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : parserOf(oid, format)) },
  });
  await client.connect();
  const log = new StatementLog();
  const gated = gateClient(client, log);
  const pool = { connect: async () => gated, end: async () => {}, options: {} };
  const db: Database["db"] = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return {
    kind: "server",
    db,
    connectionsMax: 1,
    pid: present(rows[0]).pid,
    get statements() {
      return log.statements;
    },
    get breaks() {
      return log.breaks;
    },
    arm: (holdBefore) => log.arm(holdBefore),
    async close() {
      await db.destroy();
      await client.end();
    },
  };
}

function parserOf(oid: number, format?: string) {
  return pg.types.getTypeParser(oid, format as "text");
}

/** What one connection was asked, and where it is to wait. */
class StatementLog {
  statements: string[] = [];
  breaks: string[] = [];
  #holdBefore = Infinity;
  #reach = (): void => {};
  #released: Promise<void> = Promise.resolve();

  arm(holdBefore: number): Hold {
    this.statements = [];
    this.breaks = [];
    this.#holdBefore = holdBefore;
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#reach = reached.resolve;
    this.#released = released.promise;
    return { reached: reached.promise, release: released.resolve };
  }

  async pass(statement: string): Promise<void> {
    const number = this.statements.push(statement) - 1;
    if (number !== this.#holdBefore) return;
    this.#reach();
    await this.#released;
  }

  broke(statement: string, error: unknown): void {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (code === "40P01" || code === "40001") this.breaks.push(`${code} at ${brief(statement)}`);
  }
}

/** As proofs take it, which know nothing of its tables. */
export function untyped({ db }: Database): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}

/** The first words, on one line. */
export function brief(statement: string): string {
  return statement.replaceAll(/\s+/g, " ").trim().slice(0, 90);
}

const WRITES = /^\s*(insert|update|delete|with)\b/i;

/**
 * A statement that writes by itself is given a transaction of its own, which changes nothing but
 * that it can be held before its commit as well.
 */
function gateClient(client: pg.Client, log: StatementLog): PostgresPoolClient {
  let isInside = false;
  const send = async (text: string, parameters: unknown[]): Promise<pg.QueryResult> => {
    await log.pass(text);
    try {
      return await client.query(text, parameters);
    } catch (error) {
      log.broke(text, error);
      throw error;
    }
  };
  const query = async (text: string, parameters: readonly unknown[]): Promise<pg.QueryResult> => {
    const word = text.trim().toLowerCase();
    if (word === "begin" || word === "commit" || word === "rollback") isInside = word === "begin";
    if (isInside || !WRITES.test(text)) return send(text, [...parameters]);
    await send("begin", []);
    try {
      const result = await send(text, [...parameters]);
      await send("commit", []);
      return result;
    } catch (error) {
      await send("rollback", []);
      throw error;
    }
  };
  return { query, release: () => {} } as unknown as PostgresPoolClient;
}

import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";

/** How long what may be endless may take; 0: as long as it takes. The server ends the first three. */
export interface Timeouts {
  readonly statementMs: number;
  /** For one lock. */
  readonly lockMs: number;
  /** Between two statements of a transaction. */
  readonly idleMs: number;
  /** For an answer of any kind: a server that is out of reach ends nothing, and says nothing. */
  readonly answerMs: number;
}

/** For what people wait for, and for what reads or writes much at once. */
export const PATIENT: Timeouts = {
  statementMs: 60_000,
  lockMs: 30_000,
  idleMs: 60_000,
  answerMs: 65_000,
};

/** For what keeps the engine going: it is short, and tried again. */
export const PROMPT: Timeouts = {
  statementMs: 30_000,
  lockMs: 15_000,
  idleMs: 30_000,
  answerMs: 35_000,
};

/** For migrations: nobody knows what a large table takes, and who migrates already is waited for. */
export const UNHURRIED: Timeouts = { statementMs: 0, lockMs: 0, idleMs: 0, answerMs: 0 };

export interface ServerPoolOptions {
  readonly url: string;
  readonly connectionsMax: number;
  readonly timeouts: Timeouts;
  readonly onProblem: (error: Error) => void;
}

const CONNECT_MS_MAX = 10_000;

/** Connections to a server, made as they are needed and replaced when they break. */
export function serverPool(options: ServerPoolOptions): PostgresPool {
  const { url, connectionsMax, timeouts, onProblem } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleMs,
    query_timeout: timeouts.answerMs,
    types: { getTypeParser },
  });
  pool.on("error", onProblem);
  // A client that is checked out but idle has no listener of the pool's: without one of its own,
  // a dropped connection would end the process.
  pool.on("connect", (client) => void client.on("error", onProblem));
  return {
    connect: async () => leaving(await pool.connect()),
    end: () => pool.end(),
    options: pool.options,
  };
}

/**
 * A client that gives its connection up when an answer does not come. The driver by itself would
 * let the next statement wait behind the one that is never answered, and so on for ever.
 */
function leaving(client: pg.PoolClient): PostgresPoolClient {
  const query = async (statement: string, parameters: unknown[]): Promise<unknown> => {
    try {
      return await client.query(statement, parameters);
    } catch (error) {
      if (isUnanswered(error)) void endNow(client);
      throw error;
    }
  };
  return {
    release: (destroy) => client.release(destroy),
    // Of its two forms the one with a cursor is never used.
    query: query as unknown as PostgresPoolClient["query"],
  };
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** With a statement under way the driver waits for nothing: it drops the connection. */
async function endNow(client: pg.PoolClient): Promise<void> {
  const whole = client as unknown as pg.Client;
  await whole.end().catch(() => {
    /* it is broken already */
  });
}

const INT8 = 20;

/** Row ids and counts fit in 2^53; PGlite gives numbers already. */
function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === INT8) return Number;
  return pg.types.getTypeParser(oid, format as "text");
}

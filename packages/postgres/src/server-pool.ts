import type { PostgresPool } from "kysely";
import pg from "pg";
import { BEGIN, serverClient } from "./server-client.ts";

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
  /** Whether all that is asked is of the engine, and not of people: see {@link SELECTIVE}. */
  readonly isSelective?: boolean;
  readonly onProblem: (error: Error) => void;
}

const CONNECT_MS_MAX = 10_000;

/**
 * How the engine's statements are planned: they read few rows of long tables, whatever these were
 * like when the plan was made. One plan fits all that they are given, and looking for a better one
 * takes longer than using it.
 */
const SELECTIVE = ["enable_seqscan = off", "plan_cache_mode = force_generic_plan"];

const SELECTIVE_SESSION = SELECTIVE.map((setting) => `set ${setting}`).join("; ");

/** What people ask for is planned for what they ask; what they write, the engine writes for them. */
const SELECTIVE_BEGIN = [BEGIN, ...SELECTIVE.map((setting) => `set local ${setting}`)].join("; ");

/** Connections to a server, made as they are needed and replaced when they break. */
export function serverPool(options: ServerPoolOptions): PostgresPool {
  const { url, connectionsMax, timeouts, isSelective = false, onProblem } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    statement_timeout: timeouts.statementMs,
    lock_timeout: timeouts.lockMs,
    idle_in_transaction_session_timeout: timeouts.idleMs,
    query_timeout: timeouts.answerMs,
    // What does not have to know an answer need not wait for it.
    pipeline: true,
    types: { getTypeParser },
  });
  pool.on("error", onProblem);
  // A client that is checked out but idle has no listener of the pool's: without one of its own,
  // a dropped connection would end the process.
  pool.on("connect", (client) => {
    client.on("error", onProblem);
    if (isSelective) client.query(SELECTIVE_SESSION).catch(onProblem);
  });
  const begin = isSelective ? BEGIN : SELECTIVE_BEGIN;
  return {
    connect: async () => serverClient(await pool.connect(), begin),
    end: () => pool.end(),
    options: pool.options,
  };
}

const INT8 = 20;

/** Row ids and counts fit in 2^53; PGlite gives numbers already. */
function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === INT8) return Number;
  return pg.types.getTypeParser(oid, format as "text");
}

import type { PostgresPoolClient } from "kysely";
import type pg from "pg";
import { OWN_TRANSACTION } from "./own-transaction.ts";
import { isStalePlan } from "./sqlstate.ts";

const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();

/**
 * The connection of a pool as Kysely uses it; the same one for the same connection.
 *
 * @param begin - How its transactions begin.
 */
export function serverClient(client: pg.PoolClient, begin: string): PostgresPoolClient {
  const known = clients.get(client);
  if (known !== undefined) return known;
  const server = new ServerClient(client, begin);
  const made: PostgresPoolClient = {
    release: (destroy) => client.release(destroy),
    // Of its two forms the one with a cursor is never used.
    query: server.query.bind(server) as unknown as PostgresPoolClient["query"],
  };
  clients.set(client, made);
  return made;
}

/**
 * Plans are made anew so often. One that was made while a table was short would go through all of
 * it when it has become long, and the server looks at that only once a minute.
 */
const PLANS_MS = 10_000;

class ServerClient {
  readonly #client: pg.PoolClient;
  readonly #begins: string;
  #isGathering = false;
  #plannedMs: number = performance.now();
  /** Asked for together with the beginning of the transaction, so that it costs no time. */
  #own: Promise<pg.QueryResult> | null = null;

  constructor(client: pg.PoolClient, begin: string) {
    this.#client = client;
    this.#begins = begin;
  }

  /**
   * Prepares what has parameters by name, so that it is parsed and planned once, not each time.
   *
   * A connection from which an answer does not come, or whose plans do not fit the tables any
   * more, is given up: the driver by itself would let the next statement wait behind the one that
   * is never answered, and so on for ever.
   */
  async query(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    this.#gather();
    try {
      if (text === BEGIN) return this.#begin();
      if (text === OWN_TRANSACTION && this.#own !== null) return await this.#own;
      this.#planAnew();
      const name = values.length === 0 ? undefined : nameOf(text);
      return await this.#client.query({ text, values: [...values], ...(name && { name }) });
    } catch (error) {
      if (isUnanswered(error) || isStalePlan(error)) void this.#endNow();
      throw error;
    }
  }

  /** What is said in one turn of the loop goes out in one piece: each piece costs a system call. */
  #gather(): void {
    const { stream } = (this.#client as unknown as pg.Client).connection;
    if (this.#isGathering) return;
    this.#isGathering = true;
    stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  /** Goes ahead of the first statement, which need not wait: no beginning fails by itself. */
  #begin(): pg.QueryResult {
    this.#client.query(this.#begins).catch(() => void this.#endNow());
    this.#own = this.#client.query({ text: OWN_TRANSACTION, name: "millrace_own" });
    this.#own.catch(() => {
      /* whoever asks for it is told */
    });
    return BEGUN;
  }

  #planAnew(): void {
    const nowMs = performance.now();
    if (nowMs - this.#plannedMs < PLANS_MS) return;
    this.#plannedMs = nowMs;
    this.#client.query("discard plans").catch(() => {
      /* what broke it breaks the next statement as well */
    });
  }

  /** With a statement under way the driver waits for nothing: it drops the connection. */
  async #endNow(): Promise<void> {
    const whole = this.#client as unknown as pg.Client;
    await whole.end().catch(() => {
      /* it is broken already */
    });
  }
}

/** What Kysely says. */
export const BEGIN = "begin";
const BEGUN: pg.QueryResult = { command: "BEGIN", rowCount: null, oid: 0, fields: [], rows: [] };

const NAMES_MAX = 1_000;
const names = new Map<string, string>();

/** @returns Nothing for what is one text too many: such texts are not written by hand. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= NAMES_MAX) return known;
  const name = `millrace_${names.size + 1}`;
  names.set(text, name);
  return name;
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

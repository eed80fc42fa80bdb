import { setTimeout as timeout } from "node:timers/promises";
import type { Client } from "pg";
import { HTTP_LIMITS } from "../../http/limits.ts";
import type { EventMessage, EventSource } from "../event-source.ts";
import type { OutboxReading } from "./postgres-source.ts";

/** A row, with what deletes it. */
interface OutboxMessage extends EventMessage {
  /** A bigint, as text. */
  readonly row: string;
}

/** Longer ones are nobody's headers, and are left out. */
const HEADERS_LENGTH_MAX = 65_536;

interface OutboxRow {
  /** Not `id`: by that name the rows would be ordered as text. */
  readonly row: string;
  readonly body: string;
  readonly headers: unknown;
  /** UTC, to the microsecond; null when the row does not say. */
  readonly stamp: string | null;
  readonly at: number | null;
}

/**
 * {@link EventSource} on a table: rows are locked when they are taken, and deleted in the same
 * transaction once they are recorded. A process that dies gives its rows back with its connection.
 *
 * Deleting, and not remembering how far one came: ids are given before their transactions commit,
 * so a row may appear after others with a higher id, and whoever has passed that place would never
 * see it.
 */
export class OutboxEvents implements EventSource<OutboxMessage> {
  readonly #reading: OutboxReading;
  readonly #client: Client;
  #isInTransaction = false;
  #isNotified = false;
  #failure: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(reading: OutboxReading, client: Client) {
    this.#reading = reading;
    this.#client = client;
    client.on("notification", () => {
      this.#isNotified = true;
      this.#wake();
    });
    client.on("error", (error: Error) => this.#failed(error));
    client.on("end", () => this.#failed(new Error("The connection was closed.")));
  }

  async receive(signal: AbortSignal): Promise<readonly OutboxMessage[]> {
    await this.#endTransaction("rollback");
    this.#assertWell();
    this.#isNotified = false;
    const rows = await this.#take();
    if (rows.length > 0) return rows.map(toMessage);
    await this.#endTransaction("rollback");
    await this.#wait(signal);
    return [];
  }

  async acknowledge(messages: readonly OutboxMessage[]): Promise<void> {
    const rows = messages.map(({ row }) => row);
    const { table } = this.#reading;
    await this.#client.query(`delete from ${table} where id = any($1::bigint[])`, [rows]);
    await this.#endTransaction("commit");
  }

  /** With the connection ends the transaction, and its rows are free again. */
  async close(): Promise<void> {
    await this.#client.end();
  }

  async #take(): Promise<readonly OutboxRow[]> {
    const { table, batchMax } = this.#reading;
    await this.#client.query("begin");
    this.#isInTransaction = true;
    // What is too large to be taken is not fetched whole only to be refused.
    const { rows } = await this.#client.query<OutboxRow>(
      `select id::text as row, left(payload::text, $2) as body,
         case when length(headers::text) <= $3 then headers end as headers,
         to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as stamp,
         (extract(epoch from created_at) * 1000)::float8 as at
       from ${table} order by id limit $1 for update skip locked`,
      [batchMax, HTTP_LIMITS.bytesMax + 1, HEADERS_LENGTH_MAX],
    );
    return rows;
  }

  async #endTransaction(how: "commit" | "rollback"): Promise<void> {
    if (!this.#isInTransaction) return;
    await this.#client.query(how);
    this.#isInTransaction = false;
  }

  /** Resolves on a notification, when it is time to look again, or when there is nothing to wait for. */
  async #wait(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    if (this.#isNotified || this.#failure !== null || signal.aborted) wake();
    // What ends it early is looked at afterwards.
    const waited = timeout(this.#reading.everyMs, undefined, { signal: woken.signal });
    await waited.catch(() => undefined);
    signal.removeEventListener("abort", wake);
    this.#assertWell();
  }

  #assertWell(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #failed(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}

/** Its id alone would not do: a table that was made anew counts from the beginning. */
function toMessage({ row, body, headers, stamp, at }: OutboxRow): OutboxMessage {
  return {
    id: `${row}@${stamp ?? ""}`,
    body,
    headers: textsOf(headers),
    at: at !== null && Number.isFinite(at) ? at : undefined,
    row,
  };
}

function textsOf(headers: unknown): Readonly<Record<string, string>> {
  if (typeof headers !== "object" || headers === null) return {};
  const texts = Object.entries(headers).filter(([, text]) => typeof text === "string");
  return Object.fromEntries(texts) as Record<string, string>;
}

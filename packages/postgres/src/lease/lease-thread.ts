// Runs in a thread of its own, so that handlers that block the event loop do not stop it. It
// imports nothing of other packages: it must start without the conditions of the main thread.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import { nowMs, sleep } from "./lease-clock.ts";
import type { LeaseNews, LeaseOrder } from "./lease-message.ts";
import { renewLease } from "./lease-renewal.ts";
import { RENEW_LEASE } from "./renew-statement.ts";

/** Renews the lease that `order` names, on a connection that is replaced whenever it fails. */
class LeaseConnection {
  readonly #order: LeaseOrder;
  #client: pg.Client | null = null;

  constructor(order: LeaseOrder) {
    this.#order = order;
  }

  async renew(): Promise<boolean> {
    const client = this.#client ?? (await this.#open());
    try {
      const { sessionId, leaseMs } = this.#order;
      const { rowCount } = await client.query(RENEW_LEASE, [sessionId, leaseMs]);
      return rowCount === 1;
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  close(): void {
    if (this.#client !== null) this.#drop(this.#client);
  }

  async #open(): Promise<pg.Client> {
    const timeoutMs = Math.ceil(this.#order.leaseMs / 3);
    const client = new pg.Client({
      connectionString: this.#order.url,
      application_name: "millrace lease",
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
      keepAlive: true,
    });
    client.on("error", () => this.#drop(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
    // Its peer may be gone without a word: nobody waits for the end.
    client.end().catch(() => {});
  }
}

async function main(order: LeaseOrder, tell: (news: LeaseNews) => void): Promise<void> {
  const stop = new AbortController();
  parentPort?.once("message", () => stop.abort());
  const connection = new LeaseConnection(order);
  const world = {
    ...{ nowMs, sleep },
    renew: () => connection.renew(),
    onKept: () => tell({ type: "kept" }),
  };
  const loss = await renewLease(order.leaseMs, world, stop.signal);
  connection.close();
  if (loss !== null) tell({ type: "lost", ...loss });
  parentPort?.close();
}

if (!isMainThread) await main(workerData as LeaseOrder, (news) => parentPort?.postMessage(news));

import { Worker } from "node:worker_threads";
import {
  invariant,
  type LeaseHold,
  type LeaseKeeper,
  type OnLeaseLost,
} from "@millrace/core/internal";
import { sleep } from "./lease-clock.ts";
import type { LeaseNews, LeaseOrder } from "./lease-message.ts";

/** As source when this file runs as source, else as it was built. */
const THREAD: URL = import.meta.url.endsWith(".ts")
  ? new URL("./lease-thread.ts", import.meta.url)
  : new URL("./lease-thread.js", import.meta.url);

const STOP_MS_MAX = 1_000;

/**
 * {@link LeaseKeeper} on a PostgreSQL server. Each lease has a thread with one connection, so that
 * handlers that block the event loop, or a pool that is used up, cannot stop its renewal.
 */
export class PostgresLeaseKeeper implements LeaseKeeper {
  readonly #url: string;

  constructor(options: { readonly url: string }) {
    this.#url = options.url;
  }

  /** Resolves when the lease has been renewed once; rejects when that did not work in time. */
  async keep(sessionId: string, leaseMs: number, onLost: OnLeaseLost): Promise<LeaseHold> {
    invariant(leaseMs > 0 && Number.isFinite(leaseMs), "a lease on a server ends some time");
    const thread = startThread({ url: this.#url, sessionId, leaseMs });
    const kept = Promise.withResolvers<void>();
    let state: "starting" | "kept" | "over" = "starting";
    thread.on("message", hear);
    thread.on("error", (error) => lose(`its thread failed: ${String(error)}`));
    thread.on("exit", () => lose("its thread ended"));
    await kept.promise;
    // A process that is done must not be held open by its lease.
    thread.unref();
    return { stop };

    function hear(news: LeaseNews): void {
      if (news.type === "lost") return lose(news.reason, news.wasAway);
      if (state === "starting") state = "kept";
      kept.resolve();
    }

    function lose(reason: string, wasAway = false): void {
      if (state === "over") return;
      const wasKept = state === "kept";
      state = "over";
      if (wasKept) onLost(reason, wasAway);
      else kept.reject(new Error(`The lease of session ${sessionId} was never held: ${reason}.`));
    }

    async function stop(): Promise<void> {
      state = "over";
      await endThread(thread);
    }
  }
}

function startThread(order: LeaseOrder): Worker {
  // Without the main thread's flags: what loads its modules there has no business here.
  return new Worker(THREAD, { workerData: order, execArgv: [], name: "millrace lease" });
}

/** Asks first, so that the connection is closed properly; then insists. */
async function endThread(thread: Worker): Promise<void> {
  if (thread.threadId === -1) return;
  const ended = new AbortController();
  thread.once("exit", () => ended.abort());
  thread.ref();
  thread.postMessage("stop");
  await sleep(STOP_MS_MAX, ended.signal);
  await thread.terminate();
}

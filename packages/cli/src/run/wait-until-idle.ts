import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isIdle } from "@millrace/postgres";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import type { Terminal } from "../terminal/terminal.ts";

const LOOK_MS = 50;

/**
 * Waits for what a run has set going, as long as it takes or until it is interrupted: with the
 * embedded database nobody else would work on it when this process has ended.
 */
export async function waitUntilIdle(
  terminal: Terminal,
  database: Database,
  correlationId: string,
): Promise<void> {
  const signals = takeStopSignals();
  const stop = new AbortController();
  void signals.first.then(() => stop.abort());
  try {
    for (let looks = 0; !(await isIdle(database, correlationId)); looks += 1) {
      if (stop.signal.aborted) break;
      if (looks === 1) terminal.say("Waiting for what it has set going; Ctrl-C leaves it.");
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {
        // Interrupted: what is left goes on at the next start.
      });
    }
  } finally {
    signals.release();
  }
}

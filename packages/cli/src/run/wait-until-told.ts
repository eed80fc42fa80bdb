import { setTimeout as sleep } from "node:timers/promises";
import { type Database, readUntold, type Untold } from "@millrace/postgres";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import type { Terminal } from "../terminal/terminal.ts";

const LOOK_MS = 100;
/** Who does not answer is tried again later, by whoever runs then. */
const TELLING_MS_MAX = 3_000;

/**
 * Waits a little until receivers outside have been told of what happened, and says who has not: with
 * the embedded database nobody else would tell them when this process has ended.
 */
export async function waitUntilTold(terminal: Terminal, database: Database): Promise<void> {
  const signals = takeStopSignals();
  const stop = new AbortController();
  void signals.first.then(() => stop.abort());
  const timer = setTimeout(() => stop.abort(), TELLING_MS_MAX);
  try {
    let untold = await readUntold(database);
    while (!stop.signal.aborted && untold.some(({ problem }) => problem === null)) {
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {
        // Its time is up, or it was interrupted: what is left is said below.
      });
      untold = await readUntold(database);
    }
    for (const line of untold.map(untoldLine)) terminal.warn(line);
  } finally {
    clearTimeout(timer);
    signals.release();
  }
}

/** What is not told yet, in a sentence. */
export function untoldLine({ name, count, problem }: Untold): string {
  const what = count === 1 ? "1 message waits" : `${count} messages wait`;
  const why = problem === null ? "" : ` (${problem})`;
  return `${name}: ${what}${why}; sent while \`millrace dev\` or another \`millrace run\` works.`;
}

import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, present } from "@millrace/core/internal";
import { type Database, readRun, type RunDetail } from "@millrace/postgres";

export interface WaitOptions {
  /** Infinity waits for as long as it takes. */
  readonly timeoutMs: number;
  /** Resolves when nobody wants to wait any longer. */
  readonly interrupted: Promise<void>;
  /** Told of each state that is seen, once. */
  readonly onState: (run: RunDetail) => void;
  /** Told of the run each time that it was looked at. */
  readonly onLook: (run: RunDetail) => Promise<void>;
}

export interface Waited {
  readonly why: "ended" | "timedOut" | "interrupted";
  /** As it was seen last. */
  readonly run: RunDetail;
}

const LOOK_MS_MIN = 30;
const LOOK_MS_MAX = 500;

/** Looks at a run until it has ended: whoever works on it may be anywhere. */
export async function waitForRun(
  database: Database,
  runId: number,
  { timeoutMs, interrupted, onState, onLook }: WaitOptions,
): Promise<Waited> {
  const started = performance.now();
  const stop = new AbortController();
  void interrupted.then(() => stop.abort());
  let state: string | null = null;
  for (let pauseMs = LOOK_MS_MIN; ; pauseMs = Math.min(pauseMs * 1.3, LOOK_MS_MAX)) {
    const run = present(await readRun(database, runId), `run ${runId}`);
    if (run.state !== state) onState(run);
    state = run.state;
    await onLook(run);
    if (isTerminal(run.state)) return { why: "ended", run };
    if (stop.signal.aborted) return { why: "interrupted", run };
    const leftMs = timeoutMs - (performance.now() - started);
    if (leftMs <= 0) return { why: "timedOut", run };
    await sleep(Math.min(pauseMs, leftMs), undefined, { signal: stop.signal }).catch(() => {
      // Interrupted: it is looked at once more, and then let be.
    });
  }
}

import type { Afterwards, Said } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import { wakeCalls } from "../journal/start-calls.ts";
import { withdraw } from "../limit/release-slots.ts";
import { progressRuns } from "../progress-runs.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";
import { writeAudit } from "./audit.ts";
import { conflict, type ControlledRun, lockControlled, setPausedAt } from "./controlled-run.ts";
import { restoreReady } from "./ready-again.ts";

type Changed = Promise<Afterwards & { readonly changed: boolean }>;

/**
 * Pauses a run under its lock: what is ready is withdrawn and stays queued, what runs runs on,
 * and what its end makes ready is not started.
 */
export function pauseRun(
  database: Database,
  versions: VersionCache,
  runId: number,
  said: Said,
): Changed {
  return perform(database, versions, "pause a run", async (work) => {
    const run = await lockControlled(work, runId);
    assertLive(run);
    if (run.paused) return { changed: false };
    await setPausedAt(work, runId, true);
    await withdraw(work, { runIds: [runId] });
    await writeAudit(work.tx, { ...said, action: "pause", runId });
    return { changed: true };
  });
}

/** Resumes it: what was withdrawn is ready again, and what was held back is decided. */
export function resumeRun(
  database: Database,
  versions: VersionCache,
  runId: number,
  said: Said,
): Changed {
  return perform(database, versions, "resume a run", async (work) => {
    const run = await lockControlled(work, runId);
    assertLive(run);
    if (!run.paused) return { changed: false };
    await setPausedAt(work, runId, false);
    await restoreReady(work, run);
    await wakeCalls(work, runId);
    await writeAudit(work.tx, { ...said, action: "resume", runId });
    // One that still waits for its turn begins when it is admitted.
    if (run.state === "running") await progressRuns(work, [{ ...run, paused: false }]);
    return { changed: true };
  });
}

function assertLive({ runId, state, hasEnded, cancelling }: ControlledRun): void {
  if (hasEnded) throw conflict(runId, `run_${runId} has ${state}: there is nothing left to pause.`);
  if (cancelling) throw conflict(runId, `run_${runId} is being cancelled: it starts nothing more.`);
}

import type { ControlStore } from "@millrace/core/internal";
import { cancelRun } from "../cancel-run.ts";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import { doAgain } from "./do-again.ts";
import { markTask } from "./mark-task.ts";
import { pauseRun, resumeRun } from "./pause-run.ts";

export function controlStore(database: Database, versions: VersionCache): ControlStore {
  return {
    cancelRun: (runId, said) => cancelRun(database, versions, runId, said),
    pauseRun: (runId, said) => pauseRun(database, versions, runId, said),
    resumeRun: (runId, said) => resumeRun(database, versions, runId, said),
    retryFailed: (runId, said, options) =>
      doAgain(database, versions, { runId, action: "retry", task: null }, { said, options }),
    rerunFrom: (runId, task, said, options) =>
      doAgain(database, versions, { runId, action: "rerun", task }, { said, options }),
    clearTask: (runId, task, said) =>
      doAgain(database, versions, { runId, action: "clear", task }, { said }),
    markTask: (runId, task, mark, said) =>
      markTask(database, versions, { runId, task, mark }, said),
  };
}

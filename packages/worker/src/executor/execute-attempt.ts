import type {
  AttemptOutcome,
  ClaimedTask,
  PipelineDefinition,
  TaskStore,
} from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import type { Clock } from "../clock.ts";
import type { Observer } from "../observer.ts";
import type { Settings } from "../settings.ts";
import { type AbortCause, AttemptAborted, abortedOutcome } from "./abort-cause.ts";
import { Announcements } from "./announcements.ts";
import { attemptName } from "./attempt-name.ts";
import { handlerCode, noCode } from "./handler-code.ts";
import { handlerContext } from "./handler-context.ts";
import { runHandler } from "./run-handler.ts";

export interface ExecutorDependencies {
  readonly latestUpdate: TaskStore["latestUpdate"];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly observe: Observer;
  /** How long a handler may take to stop once its signal has aborted. */
  readonly abortGraceMs: number;
}

/** An attempt under way. */
export interface Execution {
  /** How it ended. Never rejects; settles at most `abortGraceMs` after an abort. */
  readonly outcome: Promise<AttemptOutcome>;
  /** Asks the handler to stop. The first cause counts. */
  abort(cause: AbortCause): void;
}

/**
 * Runs one claimed attempt. Its timeout runs on this process's own clock from now on, because
 * the instant in `timesOutAt` is the database's; a sweep compares that one, where it can.
 *
 * A handler that ignores its signal is left behind. Nothing can stop it, but it holds no slot
 * any more, and whatever it still announces is refused.
 */
export function executeAttempt(
  claimed: ClaimedTask,
  definition: PipelineDefinition | undefined,
  dependencies: ExecutorDependencies,
): Execution {
  const code = handlerCode(claimed, definition);
  if (code === null) return { outcome: Promise.resolve(noCode(claimed)), abort() {} };

  const { clock, observe, latestUpdate, settings, abortGraceMs } = dependencies;
  const { timeoutMs } = code.task;
  const announcements = new Announcements(code.definition, code.task, claimed.run.partition);
  const controller = new AbortController();
  const over = new AbortController();
  const abortion = Promise.withResolvers<void>();
  let aborted: { readonly cause: AbortCause; readonly reason: AttemptAborted } | null = null;

  const ended = runHandler(code, claimed.run.params, announcements, (params) => {
    const { signal } = controller;
    const onLog: Parameters<typeof handlerContext>[0]["onLog"] = (level, message, fields) =>
      observe({ type: "log", attempt: attemptName(claimed), level, message, fields });
    const parts = { claimed, ...code, params, announcements, settings, latestUpdate };
    return handlerContext({ ...parts, signal, onLog });
  });
  void clock.sleep(timeoutMs, over.signal).then(() => abort("timeout"));
  return { outcome: outcome(), abort };

  function abort(cause: AbortCause): void {
    if (aborted !== null || over.signal.aborted) return;
    aborted = { cause, reason: new AttemptAborted(cause, timeoutMs) };
    controller.abort(aborted.reason);
    abortion.resolve();
  }

  async function outcome(): Promise<AttemptOutcome> {
    const leftBehind = abortion.promise.then(() => clock.sleep(abortGraceMs, over.signal));
    const first = await Promise.race([ended, leftBehind.then(() => null)]);
    over.abort();
    announcements.close();
    return aborted === null ? present(first, "outcome") : abortedOutcome(aborted, first);
  }
}

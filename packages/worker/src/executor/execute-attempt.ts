import {
  type AttemptOutcome,
  type BlobStore,
  type ClaimedTask,
  type PipelineDefinition,
  present,
  type TaskStore,
} from "@millrace/core/internal";
import type { Clock } from "../clock.ts";
import type { Observer } from "../observer.ts";
import type { Settings } from "../settings.ts";
import { type AbortCause, AttemptAborted, abortedOutcome } from "./abort-cause.ts";
import { Announcements } from "./announcements.ts";
import { attemptName } from "./attempt-name.ts";
import { attemptWrites } from "./attempt-writes.ts";
import { Durable } from "./durable/durable.ts";
import { failedOutcome, judged } from "./failed-outcome.ts";
import { type HandlerCode, handlerCode, noCode } from "./handler-code.ts";
import { type ContextParts, handlerContext } from "./handler-context.ts";
import { outputLimit } from "./output-limit.ts";
import { runHandler } from "./run-handler.ts";
import { guardSecrets } from "./secrets.ts";
import { stepResult } from "./step-result.ts";

/** What an attempt needs of the outside: of the store only what takes and gives JSON. */
export interface ExecutorDependencies {
  readonly latestUpdate: TaskStore["latestUpdate"];
  readonly recordStep: TaskStore["recordStep"];
  readonly setStatus: TaskStore["setStatus"];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly observe: Observer;
  /** How long a handler may take to stop once its signal has aborted. */
  readonly abortGraceMs: number;
  /** Absent: there is none, and outputs have to fit into a row. */
  readonly blobs?: BlobStore | null;
}

/** An attempt under way. */
export interface Execution {
  /** How it ended. Never rejects; settles at most `abortGraceMs` after an abort. */
  readonly outcome: Promise<AttemptOutcome>;
  /** Asks the handler to stop. The first cause counts. */
  abort(cause: AbortCause): void;
}

/** Made once: by itself, each abort makes an error with a stack that nobody reads. */
const OVER = new Error("the attempt is over");

/**
 * Runs one claimed attempt. Its timeout runs on this process's own clock from now on, because
 * the instant in `timesOutAt` is the database's; a sweep compares that one, where it can.
 *
 * A handler that waits for something is left where it stands, and the attempt ends as suspended.
 * A handler that ignores its signal is left behind: nothing can stop it, but it holds no slot
 * any more, and whatever it still announces or records is refused.
 */
export function executeAttempt(
  claimed: ClaimedTask,
  definition: PipelineDefinition | undefined,
  dependencies: ExecutorDependencies,
): Execution {
  const code = handlerCode(claimed, definition);
  if (code === null) return { outcome: Promise.resolve(noCode(claimed)), abort() {} };
  return execute(claimed, code, dependencies);
}

function execute(
  claimed: ClaimedTask,
  code: HandlerCode,
  dependencies: ExecutorDependencies,
): Execution {
  const { clock, observe, latestUpdate, settings, abortGraceMs, blobs = null } = dependencies;
  const { task } = code;
  const secrets = guardSecrets(code.definition, settings);
  const announcements = new Announcements({ ...code, ...claimed.run, secrets });
  const controller = new AbortController();
  const over = new AbortController();
  const abortion = Promise.withResolvers<void>();
  let aborted: { readonly cause: AbortCause; readonly reason: AttemptAborted } | null = null;

  const onLost = (): void => abort("lost");
  const writes = attemptWrites(claimed, dependencies, { over: over.signal, onLost });
  const toResult = stepResult(secrets);
  const durable = new Durable({ journal: claimed.journal, record: writes.record, toResult });
  const onLog: ContextParts["onLog"] = (level, message, fields) => {
    // An earlier attempt has said it already.
    if (durable.isReplaying) return;
    observe({ type: "log", attempt: attemptName(claimed), level, message, fields });
  };
  const contextOf = (params: unknown): object => {
    const own = { claimed, ...code, params, announcements, durable, secrets, settings };
    const { setStatus } = writes;
    const { signal } = controller;
    return handlerContext({ ...own, latestUpdate, setStatus, blobs, signal, onLog });
  };
  const limit = outputLimit(code.definition, task.name, blobs);
  const parts = { announcements, durable, secrets, limit, contextOf };
  const ended = runHandler(code, claimed.run.params, parts, {
    over: over.signal,
    stop: (error) => controller.abort(error),
    onLate: (error) => observe({ type: "problem", where: `after the end of ${task.name}`, error }),
  });
  const suspended = durable.suspended.then((end) =>
    end instanceof Error ? failedOutcome(end, code, secrets) : end,
  );
  void clock.sleep(task.timeoutMs, over.signal).then(() => abort("timeout"));
  return { outcome: outcome(), abort };

  function abort(cause: AbortCause): void {
    if (aborted !== null || over.signal.aborted) return;
    aborted = { cause, reason: new AttemptAborted(cause, task.timeoutMs) };
    controller.abort(aborted.reason);
    abortion.resolve();
  }

  async function outcome(): Promise<AttemptOutcome> {
    const leftBehind = abortion.promise.then(() => clock.sleep(abortGraceMs, over.signal));
    const first = await Promise.race([ended, suspended, leftBehind.then(() => null)]);
    over.abort(OVER);
    announcements.close();
    durable.close();
    if (aborted !== null) return abortedOutcome(aborted, first, judged(aborted.reason, code));
    const end = present(first, "outcome");
    // What it does beside its wait is done for nothing: it begins anew.
    if (end.type === "suspended") {
      controller.abort(new AttemptAborted("suspended", task.timeoutMs));
    }
    return end;
  }
}

import { cleaned, type AttemptOutcome, type ClaimedTask } from "@millrace/core/internal";
import { type AbortCause, AttemptAborted, abortedOutcome } from "../executor/abort-cause.ts";
import { attemptName } from "../executor/attempt-name.ts";
import type { ExecutorDependencies } from "../executor/execute-attempt.ts";
import { judged } from "../executor/failed-outcome.ts";
import type { HandlerCode } from "../executor/handler-code.ts";
import { guardSecrets, type SecretGuard } from "../executor/secrets.ts";
import { toStoredError } from "../executor/stored-error.ts";
import { answerCall } from "./answer-call.ts";
import { toError } from "./copied-error.ts";
import { copySettings } from "./copied-settings.ts";
import { crashError } from "./crash-error.ts";
import type { ReportMessage } from "./isolate-message.ts";
import { IsolatedProcess, type ProcessEnd } from "./isolated-process.ts";

export interface IsolatedAttemptParts {
  readonly claimed: ClaimedTask;
  readonly code: HandlerCode;
  readonly modules: readonly string[];
  readonly dependencies: ExecutorDependencies;
}

/** Of the grace after an abort: the handler's own, and until its process is asked to end. */
const HANDLER_SHARE = 0.6;
const TERM_SHARE = 0.8;
const LINE_BYTES_MAX = 16 * 1024;

/** One attempt in a process of its own, as the worker sees it. */
export class IsolatedAttempt {
  readonly #parts: IsolatedAttemptParts;
  readonly #secrets: SecretGuard;
  readonly #process: IsolatedProcess;
  readonly #startedMs: number;
  readonly #over = new AbortController();
  #aborted: { readonly cause: AbortCause; readonly reason: AttemptAborted } | null = null;
  #reported: AttemptOutcome | null = null;

  constructor(parts: IsolatedAttemptParts) {
    const { code, dependencies } = parts;
    this.#parts = parts;
    this.#secrets = guardSecrets(code.definition, dependencies.settings);
    this.#startedMs = dependencies.clock.nowMs();
    this.#process = new IsolatedProcess({
      memoryMb: code.task.isolate?.memoryMb ?? null,
      onReport: (message) => this.#hear(message),
      onLine: (stream, line) => this.#tell(stream, line),
    });
  }

  /** To be called once. How it ended; never rejects. */
  async run(): Promise<AttemptOutcome> {
    const { code, dependencies } = this.#parts;
    const { timeoutMs } = code.task;
    // The process has a timer of its own, which a busy loop would stop.
    void dependencies.clock.sleep(timeoutMs, this.#over.signal).then(() => this.abort("timeout"));
    const unsent = this.#start();
    const end = await this.#process.ended;
    this.#over.abort();
    return unsent ?? this.#outcome(end);
  }

  abort(cause: AbortCause): void {
    if (this.#aborted !== null || this.#over.signal.aborted) return;
    const reason = new AttemptAborted(cause, this.#parts.code.task.timeoutMs);
    this.#aborted = { cause, reason };
    this.#process.send({ type: "abort", cause });
    void this.#killLater();
  }

  /** @returns What became of it when there was something that no message can carry. */
  #start(): AttemptOutcome | null {
    const { claimed, code, modules, dependencies } = this.#parts;
    const { settings, abortGraceMs, blobs = null } = dependencies;
    try {
      this.#process.send({
        type: "run",
        claimed,
        modules,
        settings: copySettings(code.definition, settings),
        abortGraceMs: abortGraceMs * HANDLER_SHARE,
        hasBlobs: blobs !== null,
      });
      return null;
    } catch (error) {
      this.#process.kill("SIGKILL");
      return { type: "failed", error: toStoredError(error, "error"), retryable: false };
    }
  }

  #hear(message: ReportMessage): void {
    const { observe } = this.#parts.dependencies;
    switch (message.type) {
      case "log":
        return observe(message.event);
      case "problem":
        return observe({ type: "problem", where: message.where, error: toError(message.error) });
      case "ask":
        return void answerCall(message, this.#parts.dependencies).then((answer) =>
          this.#process.send(answer),
        );
      case "ended":
        this.#reported ??= message.outcome;
        this.#process.dismiss();
        return void this.#killLater();
    }
  }

  #tell(stream: "stdout" | "stderr", line: string): void {
    const message = cleaned(this.#secrets.blank(line), LINE_BYTES_MAX);
    const attempt = attemptName(this.#parts.claimed);
    const event = { type: "log", attempt, level: "info", message, fields: { stream } } as const;
    this.#parts.dependencies.observe(event);
  }

  async #killLater(): Promise<void> {
    const { clock, abortGraceMs } = this.#parts.dependencies;
    const { signal } = this.#over;
    await clock.sleep(abortGraceMs * TERM_SHARE, signal);
    if (!signal.aborted) this.#process.kill("SIGTERM");
    await clock.sleep(abortGraceMs * (1 - TERM_SHARE), signal);
    if (!signal.aborted) this.#process.kill("SIGKILL");
  }

  #outcome(end: ProcessEnd): AttemptOutcome {
    const { code, dependencies } = this.#parts;
    if (this.#aborted !== null) {
      const { reason } = this.#aborted;
      return abortedOutcome(this.#aborted, this.#reported, judged(reason, code));
    }
    if (this.#reported !== null) return this.#reported;
    if (end.startError !== null) {
      const error = toStoredError(end.startError, "crashed");
      return { type: "failed", error, retryable: true };
    }
    const { name, isolate } = code.task;
    const memoryMb = isolate?.memoryMb ?? null;
    const lastLines = end.lastLines.map((line) => this.#secrets.blank(line));
    const elapsedMs = dependencies.clock.nowMs() - this.#startedMs;
    const error = crashError(name, { ...end, lastLines, memoryMb, elapsedMs });
    return { type: "failed", error, retryable: true };
  }
}

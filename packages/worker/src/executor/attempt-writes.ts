import type { ClaimedTask, JsonValue, StatusRecord, TaskStore } from "@millrace/core/internal";
import type { Clock } from "../clock.ts";
import type { Observer } from "../observer.ts";
import { AttemptAborted } from "./abort-cause.ts";
import { persist } from "./persist.ts";

interface WriteDependencies {
  readonly recordStep: TaskStore["recordStep"];
  readonly setStatus: TaskStore["setStatus"];
  readonly clock: Clock;
  readonly observe: Observer;
}

/** What an attempt writes while it runs. Each rejects when the attempt is not its owner's any more. */
export interface AttemptWrites {
  readonly record: (name: string, value: JsonValue) => Promise<void>;
  readonly setStatus: (status: StatusRecord) => Promise<void>;
}

export function attemptWrites(
  { taskRunId, attempt }: ClaimedTask,
  { recordStep, setStatus, clock, observe }: WriteDependencies,
  { over, onLost }: { readonly over: AbortSignal; readonly onLost: () => void },
): AttemptWrites {
  return {
    record: (name, value) => own("step", () => recordStep({ taskRunId, attempt, name, value })),
    setStatus: (status) => own("status", () => setStatus(status)),
  };

  async function own(where: string, write: () => Promise<boolean>): Promise<void> {
    const onRetry = (error: unknown): void => observe({ type: "problem", where, error });
    if (await persist(write, { clock, signal: over, onRetry })) return;
    onLost();
    throw new AttemptAborted("lost", 0);
  }
}

import type { Instant, JsonValue } from "@millrace/core/internal";

/** A run of another system, in our words; its state stays in theirs. */
export interface ExternalRun {
  readonly job: string;
  readonly id: string;
  readonly state: string;
  readonly url: string | null;
  readonly logicalAt: Instant | null;
  /** When it was made or is to start; null when unknown. */
  readonly startedAt: Instant | null;
  readonly partitions: readonly string[];
  /** Null until they were asked for. */
  readonly tasks: readonly ExternalTask[] | null;
}

export interface ExternalTask {
  readonly name: string;
  readonly state: string;
  readonly url: string | null;
}

/** What a wait for a run gives to the tasks behind it. */
export function toRunValue(run: ExternalRun): JsonValue {
  const { job, id, state, url, logicalAt } = run;
  const logicalDate = logicalAt === null ? null : new Date(logicalAt).toISOString();
  return { job, id, state, url, logicalDate };
}

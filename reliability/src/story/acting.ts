import type { Context } from "@millrace/core";
import type { JsonValue } from "@millrace/core/internal";
import { fateOf } from "./chance.ts";
import type { Execution } from "./ledger.ts";
import type { Making } from "./making.ts";

/** What acting needs of a handler's context. */
export type Stage = Pick<Context, "run" | "attempt" | "signal">;

export interface Act {
  /** Chance of each attempt to fail, in [0, 1]. */
  readonly failShare?: number;
  /** It takes so long, whatever chance says. */
  readonly takesMs?: number;
  /** It goes on when its signal aborts, as careless handlers do. */
  readonly careless?: boolean;
  readonly received?: readonly JsonValue[];
}

/** Written down before anything else happens, as a real effect would be. */
export function begin(
  { ledger, outside }: Making,
  stage: Stage,
  received: readonly JsonValue[] = [],
): Execution {
  const { key } = stage.attempt;
  const [run = "", ...rest] = key.split(".");
  return ledger.begin({
    pipeline: "",
    task: rest.join("."),
    runId: Number(run.replace("run_", "")),
    key,
    process: outside.process,
    beganAt: outside.now(),
    received,
  });
}

/**
 * What an ordinary handler does: it begins, takes its time, and ends well or badly. All of it
 * follows from the seed, the task run and the number of the attempt.
 *
 * @returns What its outputs and updates carry: which execution made them.
 */
export async function act(
  making: Making,
  stage: Stage,
  { failShare = 0, takesMs, careless = false, received = [] }: Act = {},
): Promise<{ readonly exec: number }> {
  const { seed, outside } = making;
  const { key, number } = stage.attempt;
  const execution = begin(making, stage, received);
  await outside.sleep(takesMs ?? durationMs(fateOf(seed, "takes", key, number)));
  if (stage.signal.aborted && !careless) {
    execution.end = "threw";
    throw new Error("stopped on the way");
  }
  if (fateOf(seed, "fails", key, number) < failShare) {
    execution.end = "threw";
    throw new Error(`the seed lets ${key} fail`);
  }
  execution.end = "returned";
  return { exec: execution.exec };
}

/** What tells an update apart: the mark of the call, or the execution, that made it. */
export function carried({
  metadata,
}: {
  readonly metadata: { readonly mark: number; readonly exec: number };
}): string {
  return metadata.mark > 0 ? `mark ${metadata.mark}` : `exec ${metadata.exec}`;
}

/** Mostly short, sometimes seconds: so that deaths meet handlers at work. */
function durationMs(u: number): number {
  if (u < 0.7) return Math.round(5 + u * 400);
  if (u < 0.9) return Math.round(300 + (u - 0.7) * 8_000);
  return Math.round(3_000 + (u - 0.9) * 100_000);
}

/** A step whose work is written down each time it runs. */
export function stepOf({ ledger }: Making, stage: Stage, step: string, exec: number): () => number {
  return () => {
    ledger.steps.push({ key: stage.attempt.key, step, exec });
    return exec;
  };
}

import type { Remembered } from "../ports/checks.ts";
import { canonicalJson, type JsonValue } from "../spec/json.ts";

/** An answer that leaves something under a memory. */
export interface MemoryStep {
  readonly stepId: number;
  /** Which memory: answers of one have equal texts. */
  readonly memory: string;
  readonly remember: Remembered;
}

export interface TakenSteps {
  /** What each memory holds afterwards; those that stay as they are are missing. */
  readonly values: ReadonlyMap<string, JsonValue>;
  /** Answers that were decided against something else than what is there now. */
  readonly late: ReadonlySet<number>;
}

/**
 * Takes answers in their order, each only if its memory is what it was decided against. So the
 * steps of a memory follow each other without a gap, and none is given to two.
 *
 * @param held - What memories hold now; a missing one holds nothing.
 */
export function takeSteps(
  steps: readonly MemoryStep[],
  held: ReadonlyMap<string, JsonValue>,
): TakenSteps {
  const values = new Map<string, JsonValue>();
  const late = new Set<number>();
  for (const { stepId, memory, remember } of steps) {
    const now = values.get(memory) ?? held.get(memory) ?? null;
    if (canonicalJson(now) === canonicalJson(remember.from)) values.set(memory, remember.value);
    else late.add(stepId);
  }
  return { values, late };
}

const BRAND: unique symbol = Symbol.for("millrace.task-skipped") as never;

/**
 * Ends the attempt, and the task is skipped: it found that there is nothing to do. What it has
 * announced is dropped; what follows is skipped as well, unless its run-if rule says otherwise.
 *
 * @example
 * if (rows.length === 0) throw new TaskSkipped("nothing new today");
 */
export class TaskSkipped extends Error {
  override readonly name = "TaskSkipped";

  /** @param reason - For people; it is kept with the task. */
  constructor(reason: string) {
    super(reason);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True across duplicate installs of this package, where `instanceof` is false. */
export function isTaskSkipped(value: unknown): value is TaskSkipped {
  return value instanceof Error && BRAND in value;
}

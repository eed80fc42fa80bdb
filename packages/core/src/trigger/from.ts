/** A path into the fact that starts the run. */
export interface From {
  readonly from: string;
}

const FROM: unique symbol = Symbol.for("millrace.from") as never;

/**
 * A value inside the fact that completed the condition: `from("data.date")` of an event,
 * `from("metadata.rows")` or `from("uri")` of an update, `from("result.path")` of a run.
 */
export function from(path: string): From {
  return Object.freeze({ from: path, [FROM]: true });
}

/** The steps of the path; null for a plain value. */
export function pathOf(value: unknown): readonly string[] | null {
  const isFrom = typeof value === "object" && value !== null && FROM in value && "from" in value;
  return isFrom ? String(value.from).split(".") : null;
}

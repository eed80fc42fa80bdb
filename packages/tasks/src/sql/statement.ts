/** The name of a table or a column, to be interpolated into a statement. */
export class SqlName {
  /** As SQL has it, in double quotes. */
  readonly text: string;

  /** @throws TypeError When no name of PostgreSQL can hold it. */
  constructor(parts: readonly string[]) {
    if (parts.length === 0 || parts.some((part) => part === "" || part.includes("\0"))) {
      throw new TypeError("sql.identifier: a name is not empty, and has no NUL character");
    }
    this.text = parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
  }
}

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/**
 * A statement with a parameter in the place of each value, and with names in theirs.
 *
 * @throws TypeError When a value is undefined, which is a slip more often than null.
 */
export function statementOf(texts: readonly string[], given: readonly unknown[]): Statement {
  const values: unknown[] = [];
  let text = texts[0] ?? "";
  for (const [at, value] of given.entries()) {
    if (value === undefined) {
      throw new TypeError(`sql: value ${at + 1} is undefined; interpolate null for SQL's null`);
    }
    text += value instanceof SqlName ? value.text : `$${values.push(value)}`;
    text += texts[at + 1] ?? "";
  }
  return { text, values };
}

const SHOWN_LENGTH_MAX = 500;

/** On one line, without values, and cut. */
export function shownStatement({ text }: Statement): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > SHOWN_LENGTH_MAX ? `${line.slice(0, SHOWN_LENGTH_MAX)}…` : line;
}

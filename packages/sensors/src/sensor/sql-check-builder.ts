import { createHash } from "node:crypto";
import type { ExternalCheck } from "@millrace/core";
import { canonicalJson, type JsonValue, machineNameProblem } from "@millrace/core/internal";
import { connectionNameProblem } from "../connection/connection.ts";
import type { SqlCheck } from "../check/sql-check.ts";
import { COMPARE_MEND, type CompareOption, toComparison } from "./compare-option.ts";
import { type SensorPolicyOptions, toPolicies } from "./sensor-policies.ts";
import { built } from "./stored-check.ts";

/** What a query is to find. */
export type SqlUntil =
  /** At least so many rows. It gives `{ rows }`. */
  | { readonly rows: number }
  /** This in the first column of the first row. It gives what is there. */
  | { readonly value: CompareOption }
  /** More than this watermark in the first column of the first row. It gives the new one. */
  | { readonly after: JsonValue }
  | SqlMove;

/**
 * A watermark that moves on: more in the first column of the first row than the task of this
 * pipeline was given last, in whatever run. It gives `{ from, to }`, and each such step is given
 * once: the next one begins where this one ends, though runs wait for it at the same time.
 *
 * Each question (its connection, text and values) has a watermark of its own, which it loses when
 * it is edited; under a name that is given here it stays. Of one task, the 1,000 watermarks that
 * moved last are kept for good, and others as long as history is. A timestamp is cut to
 * milliseconds: ask for `max(at)::text` where rows within one matter.
 */
export interface SqlMove {
  readonly moves: true | string;
  /** Where it begins, while nothing has been given; unless said, any value is a move. */
  readonly from?: JsonValue;
}

/** What a query gives: by what it waits for. */
export type SqlValue<U> = U extends { readonly rows: number }
  ? { readonly rows: number }
  : U extends SqlMove
    ? { readonly from: JsonValue; readonly to: JsonValue }
    : JsonValue;

export interface SqlCheckOptions<U extends SqlUntil> extends SensorPolicyOptions {
  /** One query. It can change nothing: it runs in a transaction that is read only. */
  readonly text: string;
  /** For `$1`, `$2` and so on in the text. */
  readonly values?: readonly JsonValue[];
  /** `{ rows: 1 }` unless given. */
  readonly until?: U;
}

const TEXT_LENGTH_MAX = 4_000;

/**
 * Waits for what a query finds in PostgreSQL. `MILLRACE_CONNECTION_<NAME>` is the URL of the
 * database, best with a role that may only read.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example
 * const newest = "select max(id) from orders";
 * sensor("new-orders", { check: sql("shop", { text: newest, until: { moves: true } }), every: "1m" });
 * @example
 * sensor("orders", {
 *   check: ({ run }) =>
 *     sql("shop", { text: "select from loads where day = $1", values: [run.partition.day] }),
 *   every: "5m",
 * });
 */
export function sql<const U extends SqlUntil = { readonly rows: number }>(
  connection: string,
  options: SqlCheckOptions<U>,
): ExternalCheck<SqlValue<U>> {
  const { text, values = [], until = { rows: 1 } } = options;
  const problems: string[] = [];
  const policies = toPolicies(options, problems);
  const stored = toUntil(until, problems);
  if (typeof text !== "string" || text.trim() === "") problems.push("It has no query to ask.");
  else if (text.length > TEXT_LENGTH_MAX)
    problems.push(`Its query is longer than ${TEXT_LENGTH_MAX} characters; make it a view.`);
  const ask: SqlCheck = { connection, text, values, until: stored };
  const all = [connectionNameProblem(connection), ...problems];
  const memory = "moves" in until ? { memory: memoryOf(until, ask) } : {};
  return built({ kind: "sql", target: connection, ask, policies, ...memory }, all);
}

function memoryOf({ moves }: SqlMove, { connection, text, values }: SqlCheck): string {
  if (typeof moves === "string") return moves;
  const question = canonicalJson([connection, text, values]);
  return `sha256:${createHash("sha256").update(question).digest("hex").slice(0, 32)}`;
}

function toUntil(until: SqlUntil, problems: string[]): SqlCheck["until"] {
  if ("rows" in until) {
    if (!Number.isInteger(until.rows) || until.rows < 1 || until.rows > 10_000)
      problems.push("The rows to wait for are a whole number from 1 to 10,000.");
    return { type: "rows", atLeast: until.rows };
  }
  if ("after" in until) return { type: "moves", from: until.after };
  if ("moves" in until) {
    const { moves, from = null } = until;
    if (moves !== true && machineNameProblem(moves) !== null)
      problems.push('Its moves is neither true nor a name; write true, or a name like "orders".');
    return { type: "remembered", from };
  }
  const compare = toComparison(until.value);
  if (compare !== null) return { type: "value", compare };
  problems.push(`What the value is to be is not known; ${COMPARE_MEND}.`);
  return { type: "rows", atLeast: 1 };
}

import { type Instant, isRecord, type JsonValue, checkJson } from "@millrace/core/internal";
import { type Comparison, compares } from "./compare.ts";
import type { Observation } from "./observation.ts";
import { readRows, type SqlClient } from "./read-rows.ts";

/** A wait for what a query finds. JSON. */
export interface SqlCheck {
  /** The connection's name: checks with one name are asked over one connection. */
  readonly connection: string;
  readonly text: string;
  readonly values: readonly JsonValue[];
  readonly until:
    | { readonly type: "rows"; readonly atLeast: number }
    /** The first column of the first row. */
    | { readonly type: "value"; readonly compare: Comparison }
    /** The same, once it is beyond this; null is before everything. */
    | { readonly type: "moves"; readonly from: JsonValue }
    /** The same, once it is beyond what was remembered; beyond this, while nothing is. */
    | { readonly type: "remembered"; readonly from: JsonValue };
}

export interface AskSqlOptions {
  readonly statementMs: number;
  readonly now: () => Instant;
  /** What the last answer left; null: nothing yet. */
  readonly remembered?: JsonValue;
}

/**
 * Asks a database in a transaction that can change nothing: whatever the text says, the server
 * refuses writes, and ends it at its time. It is rolled back in any case.
 *
 * @param client - A connection of its own, in no transaction. One that fails is to be closed.
 */
export async function askSql(
  check: SqlCheck,
  client: SqlClient,
  { statementMs, now, remembered = null }: AskSqlOptions,
): Promise<Observation> {
  try {
    const rows = await readRows(client, check, statementMs);
    return readSql(check, rows, { at: now(), remembered });
  } catch (error) {
    const said = error instanceof Error ? error.message.slice(0, 500) : typeof error;
    return { type: "unreachable", said: `${check.connection}: ${said}`, url: null, at: now() };
  }
}

/** What the rows of a check mean. */
export function readSql(
  check: SqlCheck,
  rows: readonly unknown[],
  { at, remembered = null }: { readonly at: Instant; readonly remembered?: JsonValue },
): Observation {
  const { until, connection } = check;
  const seen = { url: null, at };
  if (until.type === "rows") {
    if (rows.length >= until.atLeast)
      return { type: "succeeded", value: { rows: rows.length }, ...seen };
    const said = `${connection}: ${rows.length} of ${until.atLeast} rows`;
    return { type: rows.length === 0 ? "missing" : "running", said, ...seen };
  }
  if (rows.length === 0) return { type: "missing", said: `${connection}: no row`, ...seen };
  const value = firstValue(rows[0]);
  if (value === undefined)
    return { type: "unreachable", said: `${connection}: the value is not JSON`, ...seen };
  if (until.type === "remembered") {
    const from = remembered ?? until.from;
    const passed = { value: { from, to: value }, remember: value };
    if (hasMoved(value, from)) return { type: "succeeded", ...passed, ...seen };
    const said = `${connection}: ${shown(value)}, and it was ${shown(from)} before`;
    return { type: "running", said, ...seen };
  }
  const isThere =
    until.type === "value" ? compares(value, until.compare) : hasMoved(value, until.from);
  if (isThere) return { type: "succeeded", value, ...seen };
  return { type: "running", said: `${connection}: ${shown(value)}`, ...seen };
}

function shown(value: JsonValue): string {
  return JSON.stringify(value).slice(0, 200);
}

function hasMoved(value: JsonValue, from: JsonValue): boolean {
  if (value === null) return false;
  return from === null || compares(value, { op: "gt", to: from });
}

/** Timestamps as ISO text and bigints as text, as they then compare and store. */
function firstValue(row: unknown): JsonValue | undefined {
  const value: unknown = isRecord(row) ? Object.values(row)[0] : undefined;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "bigint") return value.toString();
  const checked = checkJson(value ?? null, "value");
  return checked.ok ? checked.value : undefined;
}

import { type RawBuilder, sql } from "kysely";

/**
 * Rows as one parameter: `records(rows, "id bigint, state text")` stands where a table does, as
 * `x` or another alias. One statement for any number of rows, with one text, so that the server
 * plans it once.
 */
export function records(rows: readonly object[], columns: string, alias = "x"): RawBuilder<never> {
  const json = JSON.stringify(rows);
  return sql`jsonb_to_recordset(${json}::text::jsonb) as ${sql.raw(`${alias}(${columns})`)}`;
}

/** A JSON parameter; the text form serves both drivers. */
export function json(value: unknown): RawBuilder<never> {
  return sql`${JSON.stringify(value)}::text::jsonb`;
}

/** Distinct numbers in ascending order: how rows are locked everywhere. */
export function ascending(ids: readonly number[]): number[] {
  return [...new Set(ids)].toSorted((a, b) => a - b);
}

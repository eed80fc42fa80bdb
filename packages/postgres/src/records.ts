import { type RawBuilder, sql } from "kysely";

/**
 * Rows as parameters, one for each column: `records(rows, "id bigint, state text")` stands where a
 * table does, as `x` or another alias. One statement for any number of rows, with one text, so
 * that the server plans it once; and it plans for few rows, which are looked up one by one.
 */
export function records(rows: readonly object[], columns: string, alias = "x"): RawBuilder<never> {
  const parsed = columnsOf(columns);
  const lists = parsed.map(({ name, type, isList }) => {
    const literal = arrayLiteral(rows.map((row) => textOf((row as Row)[name], type)));
    return sql`${literal}::text::${sql.raw(isList ? "text" : type)}[]`;
  });
  const names = parsed.map(({ name }) => name).join(", ");
  const unnested = sql`unnest(${sql.join(lists)})`;
  if (!parsed.some(({ isList }) => isList))
    return sql`${unnested} as ${sql.raw(`${alias}(${names})`)}`;
  const cast = parsed.map(({ name, type, isList }) =>
    isList ? `${name}::${type} as ${name}` : name,
  );
  return sql`(
    select ${sql.raw(cast.join(", "))} from ${unnested} as u(${sql.raw(names)})
  ) as ${sql.raw(alias)}`;
}

type Row = Readonly<Record<string, unknown>>;

interface Column {
  readonly name: string;
  readonly type: string;
  /** `unnest` would take a list of lists apart altogether. */
  readonly isList: boolean;
}

const parsedColumns = new Map<string, readonly Column[]>();

/** Declarations are written by hand, and there are few. */
function columnsOf(columns: string): readonly Column[] {
  const known = parsedColumns.get(columns);
  if (known !== undefined) return known;
  const parsed = columns.split(",").map((declaration) => {
    const [name = "", ...type] = declaration.trim().split(/\s+/);
    return { name, type: type.join(" "), isList: declaration.trimEnd().endsWith("[]") };
  });
  parsedColumns.set(columns, parsed);
  return parsed;
}

/** A value as the server reads it; null is the null of its columns, also where JSON has its own. */
function textOf(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (type === "jsonb") return JSON.stringify(value);
  if (Array.isArray(value)) return arrayLiteral(value.map((item) => textOf(item, "")));
  // What was cut in half is not text; the server would be given another letter in its place.
  if (typeof value === "string" && !value.isWellFormed()) throw new UnfitTextError();
  return String(value as string | number | boolean);
}

/** What the server would say of it, had it seen it. */
class UnfitTextError extends Error {
  readonly code: string = "22021";

  constructor() {
    super("a text with half of a surrogate pair cannot be stored");
  }
}

function arrayLiteral(items: readonly (string | null)[]): string {
  return `{${items.map((item) => (item === null ? "null" : quoted(item))).join(",")}}`;
}

/** Numbers and names need no quotes, and are most of what there is. */
function quoted(item: string): string {
  if (/^[\w.-]+$/.test(item) && item.toLowerCase() !== "null") return item;
  return `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** A JSON parameter; the text form serves both drivers. */
export function json(value: unknown): RawBuilder<never> {
  return sql`${JSON.stringify(value)}::text::jsonb`;
}

/** Distinct numbers in ascending order: how rows are locked everywhere. */
export function ascending(ids: readonly number[]): number[] {
  return [...new Set(ids)].toSorted((a, b) => a - b);
}

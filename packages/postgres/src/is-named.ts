import { type RawBuilder, sql } from "kysely";

/**
 * True of the dataset or pipeline that `id` (`namespace/name`) names, in a form that the unique
 * index on both columns answers; comparing them joined would read the whole table.
 *
 * @param alias - Of a table with the columns `namespace` and `name`.
 */
export function isNamed(alias: string, id: RawBuilder<unknown>): RawBuilder<boolean> {
  const row = sql.raw(alias);
  return sql`${row}.namespace = split_part(${id}, '/', 1)
    and ${row}.name = substr(${id}, length(split_part(${id}, '/', 1)) + 2)`;
}

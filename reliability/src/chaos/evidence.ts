import { writeFileSync } from "node:fs";
import path from "node:path";
import { sql } from "kysely";
import { plain, type World } from "./world.ts";

/** Keeps whatever is needed to find out how a promise was broken, beside what the workers told. */
export async function keepEvidence(
  { direct }: World,
  directory: string,
  parts: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, part] of Object.entries(parts)) {
    writeFileSync(path.join(directory, `${name}.json`), JSON.stringify(part, null, 1));
  }
  const { rows: tables } = await sql<{ name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('millrace', 'witness') and table_type = 'BASE TABLE'`.execute(
    plain(direct),
  );
  for (const { name } of tables) {
    const { rows } = await sql<{ row: unknown }>`
      select to_jsonb(t) as row from ${sql.raw(name)} t`.execute(plain(direct));
    const lines = rows.map(({ row }) => JSON.stringify(row)).join("\n");
    writeFileSync(path.join(directory, `${name}.jsonl`), lines);
  }
}

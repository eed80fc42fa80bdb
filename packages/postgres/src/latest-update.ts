import {
  type DatasetId,
  type Partition,
  partitionText,
  type UpdateView,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { toUpdateView, type UpdateRow, updateColumns } from "./load-received.ts";

export async function latestUpdate(
  database: Database,
  dataset: DatasetId,
  partition: Partition | null,
): Promise<UpdateView | null> {
  const text = partition === null ? null : partitionText(partition);
  const { rows } = await sql<UpdateRow & { id: number }>`
    select u.id, ${updateColumns}
    from millrace.update u join millrace.dataset s on s.id = u.dataset_id
    where s.namespace || '/' || s.name = ${dataset}
      and (${text}::text is null or u.partition = ${text}::text)
    order by u.id desc limit 1`.execute(database.db);
  const [row] = rows;
  return row === undefined ? null : toUpdateView(row.id, row);
}

import {
  type DatasetId,
  type Partition,
  partitionText,
  type UpdateView,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { isNamed } from "./is-named.ts";
import { toUpdateView, type UpdateRow, updateColumns } from "./load-received.ts";

export async function latestUpdate(
  database: Database,
  dataset: DatasetId,
  partition: Partition | null,
): Promise<UpdateView | null> {
  // Two statements, because no index answers "this partition, or any".
  const within =
    partition === null ? sql`` : sql`and u.partition = ${partitionText(partition)}::text`;
  const { rows } = await sql<UpdateRow & { id: number }>`
    select u.id, ${updateColumns}
    from millrace.update u join millrace.dataset s on s.id = u.dataset_id
    where u.dataset_id = (select d.id from millrace.dataset d
        where ${isNamed("d", sql`${dataset}::text`)})
      ${within}
    order by u.id desc limit 1`.execute(database.db);
  const [row] = rows;
  return row === undefined ? null : toUpdateView(row.id, row);
}

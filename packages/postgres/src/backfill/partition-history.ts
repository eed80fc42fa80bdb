import { type PartitionHistory, type RunState } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/** What there is of each of these partitions, by their texts. Reads the pipeline's runs once. */
export async function loadHistory(
  tx: Tx,
  pipelineRowId: number,
  partitions: readonly string[],
): Promise<ReadonlyMap<string, PartitionHistory>> {
  const { rows } = await sql<{
    partition: string;
    succeeded: number | null;
    last_id: number;
    state: RunState;
  }>`
    with past as (
      select partition, max(id) filter (where state = 'succeeded') as succeeded, max(id) as last_id
      from millrace.run
      where pipeline_id = ${pipelineRowId} and partition = any(${partitions}::text[])
      group by partition
    )
    select p.partition, p.succeeded, p.last_id, r.state
    from past p join millrace.run r on r.id = p.last_id`.execute(tx);
  return new Map(
    rows.map(({ partition, succeeded, last_id, state }) => [
      partition,
      { succeeded, last: { runId: last_id, state } },
    ]),
  );
}

import { HOPS_MAX } from "@millrace/core/internal";
import { sql } from "kysely";
import type { NewRun } from "./insert-runs.ts";
import { putDeadLetters } from "./out/put-facts.ts";
import type { Tx } from "./transact.ts";

/** A run that would go on without an end is a dead letter instead. */
export async function buryRunaway(tx: Tx, run: NewRun): Promise<void> {
  const body = JSON.stringify({ pipeline: run.version.pipeline, cause: run.cause });
  const source = `trigger ${run.trigger?.name}`;
  const { rows } = await sql<{ id: number }>`
    insert into millrace.dead_letter (source, reason, body)
    values (${source}, ${`more than ${HOPS_MAX} hops`}, ${body}) returning id`.execute(tx);
  await putDeadLetters(
    tx,
    rows.map(({ id }) => id),
  );
}

import type { Said } from "@millrace/core/internal";
import { sql } from "kysely";
import { json } from "../records.ts";
import type { Tx } from "../transact.ts";

export interface AuditEntry extends Said {
  /** A verb, as the command has it: `retry`, `mark`. */
  readonly action: string;
  readonly runId: number;
  readonly task?: string | null;
  readonly detail?: object;
}

/** Writes down who did what to a run, in the transaction that does it. */
export async function writeAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  const { by, why, action, runId, task = null, detail = {} } = entry;
  await sql`insert into millrace.audit (by, action, run_id, task, why, detail)
    values (${by}, ${action}, ${runId}, ${task}, ${why}, ${json(detail)})`.execute(tx);
}

import type { JournalEntry, JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/**
 * What earlier attempts of these task runs did durably, in the order in which it was done, and
 * last what they still wait for. A first attempt did nothing yet.
 */
export async function loadJournals(
  tx: Tx,
  claimed: readonly { readonly id: number; readonly attempt: number }[],
): Promise<ReadonlyMap<number, readonly JournalEntry[]>> {
  const ids = claimed.flatMap(({ id, attempt }) => (attempt > 1 ? [id] : []));
  const journals = new Map<number, JournalEntry[]>();
  if (ids.length === 0) return journals;
  const { rows } = await sql<{
    task_run_id: number;
    name: string;
    signature: string;
    state: JournalEntry["state"];
    value: JsonValue;
  }>`select task_run_id, name, signature, state, value from millrace.step
     where task_run_id = any(${ids}::bigint[]) and state <> 'closed'
     order by seen_order nulls last, id`.execute(tx);
  for (const { task_run_id, ...entry } of rows) {
    const journal = journals.get(task_run_id) ?? [];
    journal.push(entry);
    journals.set(task_run_id, journal);
  }
  return journals;
}

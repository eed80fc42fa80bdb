import type { JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/** The answers that there are of these waits for checks, under the locks of their runs. */
export async function findCheckAnswers(
  tx: Tx,
  stepIds: readonly number[],
): Promise<ReadonlyMap<number, JsonValue>> {
  if (stepIds.length === 0) return new Map();
  const { rows } = await sql<{ step_id: number; answer: JsonValue }>`
    select step_id, answer from millrace.check_due
    where step_id = any(${stepIds}::bigint[]) and answer is not null`.execute(tx);
  return new Map(rows.map(({ step_id, answer }) => [step_id, answer]));
}

/** What was seen last, for people, where there is something to tell. */
export async function findSeen(
  tx: Tx,
  stepIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (stepIds.length === 0) return new Map();
  const { rows } = await sql<{ step_id: number; seen: string }>`
    select step_id, seen from millrace.check_due
    where step_id = any(${stepIds}::bigint[]) and seen is not null`.execute(tx);
  return new Map(rows.map(({ step_id, seen }) => [step_id, seen]));
}

import type { JsonValue, Remembered } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";
import { keepMemories } from "./check-memory.ts";

interface AnswerRow {
  readonly step_id: number;
  readonly answer: JsonValue;
  readonly remember: Remembered | null;
}

/**
 * The answers that there are of these waits for checks, under the locks of their runs. What they
 * leave under a memory is stored; those that others have overtaken there are no answers any more.
 */
export async function findCheckAnswers(
  { tx, log }: Pick<Work, "tx" | "log">,
  stepIds: readonly number[],
): Promise<ReadonlyMap<number, JsonValue>> {
  if (stepIds.length === 0) return new Map();
  const { rows } = await sql<AnswerRow>`
    select step_id, answer, remember from millrace.check_due
    where step_id = any(${stepIds}::bigint[]) and answer is not null order by step_id`.execute(tx);
  const remembering = rows.flatMap(({ step_id: stepId, remember }) =>
    remember === null ? [] : [{ stepId, remember }],
  );
  const late = await keepMemories(tx, remembering);
  if (late.size > 0) log.asks();
  const given = rows.filter(({ step_id }) => !late.has(step_id));
  return new Map(given.map(({ step_id, answer }) => [step_id, answer]));
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

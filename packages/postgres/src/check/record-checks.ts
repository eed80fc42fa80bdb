import type { Afterwards, CheckResult, TakenTarget } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { wakeSteps } from "../journal/step-wakes.ts";
import { records } from "../records.ts";
import { transact, type Tx } from "../transact.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";

/**
 * Records what came of a group while nobody else has taken its target. No run is locked here: an
 * answer is kept with its check, and given by whoever takes its wake, as an event's is. A check
 * that somebody else holds is being answered or closed, and is passed over.
 */
export function recordChecks(
  database: Database,
  versions: VersionCache,
  { taken, results, gapMs }: RecordedGroup,
): Promise<Afterwards & { readonly recorded: boolean }> {
  return perform(database, versions, "record checks", async ({ tx, log }) => {
    if (!(await release(tx, taken, gapMs, null))) return { recorded: false };
    const rows = results.map(toRow);
    const { rows: kept } = await sql<{ step_id: number; is_answered: boolean }>`
      with x as materialized (select * from ${records(rows, COLUMNS, "r")}),
      mine as materialized (
        select d.step_id from millrace.check_due d join x using (step_id)
        where d.answer is null order by d.step_id for update of d skip locked
      )
      update millrace.check_due d set
        due_at = coalesce(to_timestamp(x.due_ms / 1000.0), d.due_at),
        slack_ms = case when x.due_ms is null then 0 else greatest(0,
          (x.due_ms - extract(epoch from millrace.now())::float8 * 1000) / 2) end,
        state = coalesce(x.state, d.state), seen = coalesce(x.seen, d.seen), answer = x.answer,
        remember = x.remember
      from mine m join x using (step_id) where d.step_id = m.step_id
      returning d.step_id, d.answer is not null as is_answered`.execute(tx);
    const wakes = kept.filter(({ is_answered }) => is_answered);
    await wakeSteps(
      tx,
      log,
      wakes.map(({ step_id }) => ({ step_id })),
    );
    return { recorded: true };
  });
}

interface RecordedGroup {
  readonly taken: TakenTarget;
  readonly results: readonly CheckResult[];
  readonly gapMs: number;
}

const COLUMNS =
  "step_id bigint, due_ms float8, state jsonb, seen text, answer jsonb, remember jsonb";

function toRow(result: CheckResult): object {
  return result.type === "answer"
    ? { step_id: result.stepId, answer: result.answer, remember: result.remember }
    : { step_id: result.stepId, due_ms: result.at, state: result.state, seen: result.seen };
}

/** Leaves a target alone for a while, because it could not be asked. Its checks stay due. */
export function recordUnasked(
  database: Database,
  taken: TakenTarget,
  problem: string,
  retryMs: number,
): Promise<boolean> {
  return transact(database, "leave a target alone", (tx) => release(tx, taken, retryMs, problem));
}

/** Gives a target back, unless somebody else has taken it since. */
async function release(
  tx: Tx,
  { kind, target, round }: TakenTarget,
  gapMs: number,
  problem: string | null,
): Promise<boolean> {
  const { rows } = await sql`
    update millrace.check_target
    set not_before = millrace.now() + ${gapMs} * interval '1 millisecond', problem = ${problem},
      failures = case when ${problem}::text is null then 0 else failures + 1 end
    where kind = ${kind} and target = ${target} and round = ${round} returning round`.execute(tx);
  return rows.length > 0;
}

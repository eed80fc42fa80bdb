import {
  type JsonValue,
  type MemoryStep,
  type Remembered,
  takeSteps,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

/** An answer that is about to be given, and what it leaves. */
interface Remembering {
  readonly stepId: number;
  readonly remember: Remembered;
}

interface MemoryName {
  readonly pipeline_id: number;
  readonly task: string;
  readonly name: string;
}

const COLUMNS = "pipeline_id bigint, task text, name text";

/**
 * Stores what answers leave, under the locks of their memories, which are taken in one order and
 * after those of the runs. An answer that was decided against something else than what is there
 * now is taken back, and its check is due again.
 *
 * @returns The steps of answers that were taken back.
 */
export async function keepMemories(
  tx: Tx,
  answers: readonly Remembering[],
): Promise<ReadonlySet<number>> {
  if (answers.length === 0) return new Set();
  const names = await loadNames(tx, answers);
  const steps = answers.flatMap(({ stepId, remember }): MemoryStep[] => {
    const name = names.get(stepId);
    return name === undefined ? [] : [{ stepId, memory: textOf(name), remember }];
  });
  const { values, late } = takeSteps(steps, await holdMemories(tx, [...names.values()]));
  await storeMemories(tx, values);
  await askAnew(tx, [...late]);
  return late;
}

async function loadNames(
  tx: Tx,
  answers: readonly Remembering[],
): Promise<ReadonlyMap<number, MemoryName>> {
  const ids = answers.map(({ stepId }) => stepId);
  const { rows } = await sql<MemoryName & { readonly step_id: number }>`
    select s.id as step_id, r.pipeline_id, v.spec -> 'tasks' -> t.task::int ->> 'name' as task,
      s.wait -> 'check' ->> 'memory' as name
    from millrace.step s join millrace.task_run t on t.id = s.task_run_id
    join millrace.run r on r.id = s.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where s.id = any(${ids}::bigint[]) and s.wait -> 'check' ->> 'memory' is not null`.execute(tx);
  return new Map(rows.map(({ step_id, ...name }) => [step_id, name]));
}

/** What is held there, with the locks of it; one that holds nothing yet gets a row to lock. */
async function holdMemories(
  tx: Tx,
  names: readonly MemoryName[],
): Promise<ReadonlyMap<string, JsonValue>> {
  const wanted = [...new Map(names.map((name) => [textOf(name), name])).values()];
  await sql`
    insert into millrace.check_memory (pipeline_id, task, name)
    select pipeline_id, task, name from ${records(wanted, COLUMNS)} order by 1, 2, 3
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<MemoryName & { readonly value: JsonValue }>`
    select m.pipeline_id, m.task, m.name, m.value from millrace.check_memory m
    join ${records(wanted, COLUMNS)} using (pipeline_id, task, name)
    order by m.pipeline_id, m.task, m.name for update of m`.execute(tx);
  return new Map(rows.map(({ value, ...name }) => [textOf(name), value]));
}

async function storeMemories(tx: Tx, values: ReadonlyMap<string, JsonValue>): Promise<void> {
  if (values.size === 0) return;
  const rows = [...values].map(([text, value]) => {
    const [pipeline_id, task, name] = JSON.parse(text) as [number, string, string];
    return { pipeline_id, task, name, value };
  });
  await sql`
    update millrace.check_memory m set value = x.value, at = millrace.now()
    from ${records(rows, `${COLUMNS}, value jsonb`)}
    where m.pipeline_id = x.pipeline_id and m.task = x.task and m.name = x.name`.execute(tx);
}

async function askAnew(tx: Tx, stepIds: readonly number[]): Promise<void> {
  if (stepIds.length === 0) return;
  await sql`
    update millrace.check_due set answer = null, remember = null, due_at = millrace.now(),
      slack_ms = 0
    where step_id = any(${stepIds}::bigint[])`.execute(tx);
}

function textOf({ pipeline_id, task, name }: MemoryName): string {
  return JSON.stringify([pipeline_id, task, name]);
}

import { type LimitNote, type RunNote, type TriggerStory } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";
import { type RunNoteRow, toRunNote } from "./fact-notes.ts";
import { listWaiting, loadGroups } from "./group-stories.ts";
import { loadLegs } from "./leg-stories.ts";
import { loadLimits, loadWatched, type WatchedTrigger } from "./watched-trigger.ts";

const GROUPS_MAX = 20;
/** Of a pipeline, the newest runs among which the last of each trigger is looked for. */
const RUNS_MAX = 1_000;

/** The triggers of one pipeline, by name. */
export async function loadTriggerStories(
  tx: Tx,
  pipelineRowId: number,
): Promise<readonly TriggerStory[]> {
  const watched = await loadWatched(tx, { pipelineRowIds: [pipelineRowId] });
  const limits = await loadLimits(tx, [pipelineRowId]);
  const last = await lastByTrigger(tx, pipelineRowId);
  const stories: TriggerStory[] = [];
  for (const trigger of watched) {
    const limit = limits.get(pipelineRowId) ?? null;
    stories.push(await loadStory(tx, trigger, limit, last.get(trigger.name) ?? null));
  }
  return stories;
}

async function loadStory(
  tx: Tx,
  trigger: WatchedTrigger,
  limit: LimitNote | null,
  last: RunNote | null,
): Promise<TriggerStory> {
  const { ids, count } = await listWaiting(tx, [trigger.id], GROUPS_MAX);
  const groups = await loadGroups(tx, [trigger], ids);
  return {
    name: trigger.name,
    pipeline: trigger.pipeline,
    spec: trigger.spec,
    hold: trigger.hold,
    limit,
    last,
    groups: groups.map(({ story }) => story),
    groupCount: count,
    legs: await loadLegs(tx, trigger),
  };
}

async function lastByTrigger(tx: Tx, pipelineRowId: number): Promise<ReadonlyMap<string, RunNote>> {
  const { rows } = await sql<RunNoteRow & { trigger: string }>`
    select distinct on (r.trigger_name) r.trigger_name as trigger, r.id,
      p.namespace || '/' || p.name as pipeline, r.state,
      coalesce(r.ended_at, r.created_at) as at, r.reason
    from (
      select * from millrace.run where pipeline_id = ${pipelineRowId} order by id desc
      limit ${RUNS_MAX}
    ) r join millrace.pipeline p on p.id = r.pipeline_id
    order by r.trigger_name, r.id desc`.execute(tx);
  return new Map(rows.map((row) => [row.trigger, toRunNote(row)]));
}

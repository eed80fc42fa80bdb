import { sql } from "kysely";
import { type Finding, finding } from "./finding.ts";
import { plain, type World } from "./world.ts";
import type { WorkerStory } from "./worker-story.ts";

/** What became of runs, against what handlers did and saw. */
export async function judgeRuns(world: World, story: WorkerStory): Promise<readonly Finding[]> {
  return [
    ...(await judgeEnds(world)),
    ...(await judgeTicks(world)),
    ...(await judgeEffects(world, story)),
    ...(await judgeSteps(world, story)),
    ...(await judgeReceived(world, story)),
  ];
}

async function judgeEnds({ direct }: World): Promise<readonly Finding[]> {
  const { rows } = await sql<{ id: number; pipeline: string; state: string }>`
    select r.id, p.name as pipeline, r.state from millrace.run r
    join millrace.pipeline p on p.id = r.pipeline_id
    where r.state not in ('succeeded', 'failed', 'cancelled') order by r.id`.execute(plain(direct));
  return rows.map((row) =>
    finding("nonTerminal", `run ${row.id} of ${row.pipeline} is ${row.state}`, { ...row }),
  );
}

/** Each minute has its run, once, from the first that a schedule knew to the last. */
async function judgeTicks({ direct }: World): Promise<readonly Finding[]> {
  const { rows } = await sql<{ trigger: string; missing: number; doubled: number }>`
    select t.name as trigger,
      (extract(epoch from max(f.slot) - min(f.slot)) / 60 + 1 - count(*))::int as missing,
      ((select count(*) from millrace.run r where r.trigger_id = t.id) - count(*))::int as doubled
    from millrace.schedule_fire f join millrace.trigger t on t.id = f.trigger_id
    group by t.id, t.name`.execute(plain(direct));
  return rows.flatMap(({ trigger, missing, doubled }) => [
    ...(missing === 0 ? [] : [finding("lost", `${missing} ticks of ${trigger} are missing`, {})]),
    ...(doubled === 0 ? [] : [finding("doubled", `${doubled} runs of ${trigger} too many`, {})]),
  ]);
}

/** A task that succeeded did its work at least once. */
async function judgeEffects(
  { direct }: World,
  { effects }: WorkerStory,
): Promise<readonly Finding[]> {
  const done = new Set(effects.map(({ key }) => key));
  const { rows } = await sql<{ key: string; attempt: number }>`
    select 'run_' || t.run_id || '.' || (v.spec -> 'tasks' -> t.task::int ->> 'name')
      || case when t.item >= 0 then '.' || t.item else '' end as key, t.attempt
    from millrace.task_run t
    join millrace.run r on r.id = t.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where t.state = 'succeeded' and t.item_total is null`.execute(plain(direct));
  return rows
    .filter(({ key }) => !done.has(key))
    .map((row) => finding("lost", `${row.key} succeeded and did nothing`, { ...row }));
}

/** Whoever got past a step saw its one result. */
async function judgeSteps(
  { direct }: World,
  { effects }: WorkerStory,
): Promise<readonly Finding[]> {
  const { rows } = await sql<{ key: string; token: string }>`
    select 'run_' || run_id || '.think' as key, value #>> '{}' as token
    from millrace.step where name = 'first'`.execute(plain(direct));
  const kept = new Map(rows.map(({ key, token }) => [key, token]));
  return effects
    .filter(({ key, token }) => token !== null && kept.get(key) !== token)
    .map(({ key, token }) =>
      finding("doubled", `${key} went on with another result of its step than the one kept`, {
        saw: token,
        kept: kept.get(key) ?? null,
      }),
    );
}

/** What handlers saw, whatever the rows say: nothing was given to two runs of one pipeline. */
async function judgeReceived(
  { direct }: World,
  { effects }: WorkerStory,
): Promise<readonly Finding[]> {
  const { rows } = await sql<{ run: string; pipeline: string }>`
    select 'run_' || r.id as run, p.name as pipeline from millrace.run r
    join millrace.pipeline p on p.id = r.pipeline_id`.execute(plain(direct));
  const pipelines = new Map(rows.map(({ run, pipeline }) => [run, pipeline]));
  const seenBy = new Map<string, Set<string>>();
  for (const { key, received } of effects) {
    const run = key.slice(0, key.indexOf("."));
    for (const id of received) {
      const place = `${pipelines.get(run) ?? "a pipeline that is not there"} ${id}`;
      seenBy.set(place, (seenBy.get(place) ?? new Set()).add(run));
    }
  }
  return [...seenBy]
    .filter(([, runs]) => runs.size > 1)
    .map(([place, runs]) => finding("doubled", `${place} was seen by two runs`, [...runs]));
}

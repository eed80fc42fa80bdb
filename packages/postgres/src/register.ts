import {
  type Afterwards,
  canonicalJson,
  checkDeployment,
  checkGraph,
  checkPipeline,
  checkSharedLimits,
  datasetId,
  definitionInvalid,
  jitterOf,
  type Deployment,
  MillraceError,
  nextTick,
  pipelineId,
  type PipelineSpec,
  type RegisteredSpec,
  type ScheduleSpec,
  versionOf,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { admitRuns } from "./admit-runs.ts";
import type { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { armFreshness } from "./freshness.ts";
import { declareRunLimits, declareTaskLimits } from "./limit/declare-limits.ts";
import { startRuns } from "./progress-runs.ts";
import { listTriggerSpecs, regroup } from "./regroup.ts";
import { armReady } from "./ready/fire-ready.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";
import { lockRegistry } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform, type Work } from "./work.ts";

/**
 * Makes pipelines the whole of a deployment. The registry lock is held exclusively from the
 * checks to the commit, so that two halves of a cycle which arrive at the same time cannot both
 * pass, and no worker judges by half of a deployment.
 */
export function register(
  database: Database,
  versions: VersionCache,
  deployment: Deployment,
): Promise<Afterwards> {
  return perform(database, versions, "register pipelines", async (work) => {
    const { tx, log } = work;
    await lockRegistry(tx, "exclusive");
    await checkBuild(tx, deployment);
    const others = (await listActive(tx)).filter(({ deployment: d }) => d !== deployment.name);
    checkSpecs(deployment, others);
    await keepUrl(tx, deployment.url ?? null);
    if (await isUnchanged(tx, deployment)) return {};
    await upsertDeployment(tx, deployment);
    await upsertDatasets(tx, deployment.pipelines);
    const before = await listTriggerSpecs(tx, deployment);
    await upsertPipelines(tx, deployment);
    await upsertTriggers(tx, deployment);
    await armSchedules(tx, log);
    await armFreshness(tx, log);
    await armReady(tx, log);
    await sql`update millrace.registry set version = version + 1`.execute(tx);
    await declareRunLimits(work);
    await declareTaskLimits(work);
    await admitWaiting(work, deployment);
    await regroup(work, before);
    return {};
  });
}

export async function listSpecs(database: Database): Promise<readonly RegisteredSpec[]> {
  return listActive(database.db);
}

async function listActive(db: Database["db"] | Tx): Promise<readonly RegisteredSpec[]> {
  const { rows } = await sql<RegisteredSpec>`
    select p.deployment, v.spec from millrace.pipeline p
    join millrace.pipeline_version v on v.id = p.version_id
    order by p.namespace, p.name`.execute(db);
  return rows;
}

async function checkBuild(tx: Tx, { name, build }: Deployment): Promise<void> {
  if (build === null) return;
  const { rows } = await sql<{ build: number | null }>`
    select build from millrace.deployment where name = ${name}`.execute(tx);
  const active = rows[0]?.build ?? null;
  if (active === null || active <= build) return;
  throw new MillraceError(
    "CONFLICT",
    { what: `deployment ${name}`, detail: `build ${active} is active` },
    `Deployment ${name} has build ${active} registered, which is newer than this build ${build}. ` +
      "Deploy the newer code, or give this build a higher number.",
  );
}

/** All problems at once: of each pipeline, between declarations, and of the whole graph. */
function checkSpecs(deployment: Deployment, others: readonly RegisteredSpec[]): void {
  const { pipelines } = deployment;
  const taken = others
    .filter(({ spec }) => pipelines.some((mine) => pipelineId(mine) === pipelineId(spec)))
    .map(
      ({ spec, deployment: by }) =>
        `Pipeline ${pipelineId(spec)} belongs to the deployment ${by}. ` +
        `Rename it in ${deployment.name}, or remove it from ${by} first.`,
    );
  const all = [...others.map(({ spec }) => spec), ...pipelines];
  const problems = [
    ...pipelines.flatMap((spec) => checkPipeline(spec)),
    ...checkSharedLimits(pipelines),
    ...taken,
    ...(taken.length === 0 ? checkDeployment(all) : []),
    ...(taken.length === 0 ? checkGraph(all) : []),
  ];
  if (problems.length > 0) throw definitionInvalid(problems);
}

/** Workers of one deployment start by the dozen; only the first of them changes anything. */
async function isUnchanged(tx: Tx, { name, build, pipelines }: Deployment): Promise<boolean> {
  const { rows } = await sql<{ name: string; version: string; build: number | null }>`
    select p.namespace || '/' || p.name as name, v.version, d.build
    from millrace.deployment d join millrace.pipeline p on p.deployment = d.name
    join millrace.pipeline_version v on v.id = p.version_id where d.name = ${name}`.execute(tx);
  const registered = rows.map((row) => `${row.name} ${row.version}`).toSorted();
  const wanted = pipelines.map((spec) => `${pipelineId(spec)} ${versionOf(spec)}`).toSorted();
  const sameBuild = rows.every((row) => row.build === build);
  return sameBuild && canonicalJson(registered) === canonicalJson(wanted) && wanted.length > 0;
}

/** Others who ask this database show with it where to look. */
async function keepUrl(tx: Tx, url: string | null): Promise<void> {
  if (url === null) return;
  await sql`update millrace.registry set url = ${url} where url is distinct from ${url}`.execute(
    tx,
  );
}

async function upsertDeployment(tx: Tx, { name, build }: Deployment): Promise<void> {
  await sql`
    insert into millrace.deployment (name, build) values (${name}, ${build})
    on conflict (name) do update set build = excluded.build, registered_at = millrace.now()
  `.execute(tx);
}

async function upsertDatasets(tx: Tx, pipelines: readonly PipelineSpec[]): Promise<void> {
  const datasets = new Map(
    pipelines.flatMap(({ datasets: named }) =>
      Object.values(named).map((spec) => [datasetId(spec), spec] as const),
    ),
  );
  const rows = [...datasets.values()].map((spec) => ({
    namespace: spec.namespace,
    name: spec.name,
    spec,
  }));
  await sql`
    insert into millrace.dataset (namespace, name, spec)
    select namespace, name, spec from ${records(rows, "namespace text, name text, spec jsonb")}
    on conflict (namespace, name) do update set spec = excluded.spec,
      -- What was counted to partitions before counts no more.
      ready_era = dataset.ready_era
        + (excluded.spec ? 'ready' and not dataset.spec ? 'ready')::int`.execute(tx);
}

/** Pipelines that the deployment no longer has keep their history and start nothing more. */
async function upsertPipelines(tx: Tx, deployment: Deployment): Promise<void> {
  // By id, as the ends of runs lock them for their limits.
  await sql`select id from millrace.pipeline where deployment = ${deployment.name}
    order by id for no key update`.execute(tx);
  await sql`update millrace.pipeline set version_id = null
    where deployment = ${deployment.name}`.execute(tx);
  const rows = deployment.pipelines.map((spec) => ({
    namespace: spec.namespace,
    name: spec.name,
    max_active_runs: spec.maxActiveRuns,
    version: versionOf(spec),
    spec,
  }));
  const columns = `namespace text, name text, max_active_runs int, version text, spec jsonb`;
  await sql`
    insert into millrace.pipeline (namespace, name, deployment, max_active_runs)
    select namespace, name, ${deployment.name}, max_active_runs from ${records(rows, columns)}
    on conflict (namespace, name) do update
      set deployment = excluded.deployment, max_active_runs = excluded.max_active_runs
  `.execute(tx);
  await sql`
    insert into millrace.pipeline_version (pipeline_id, version, spec)
    select p.id, x.version, x.spec from ${records(rows, columns)}
    join millrace.pipeline p on p.namespace = x.namespace and p.name = x.name
    on conflict (pipeline_id, version) do nothing`.execute(tx);
  await sql`
    update millrace.pipeline p set version_id = v.id
    from ${records(rows, columns)}, millrace.pipeline_version v
    where p.namespace = x.namespace and p.name = x.name
      and v.pipeline_id = p.id and v.version = x.version`.execute(tx);
}

async function upsertTriggers(tx: Tx, deployment: Deployment): Promise<void> {
  await sql`update millrace.trigger t set active = false from millrace.pipeline p
    where p.id = t.pipeline_id and p.deployment = ${deployment.name}`.execute(tx);
  const rows = deployment.pipelines.flatMap(({ namespace, name, triggers }) =>
    Object.entries(triggers).map(([trigger, spec]) => ({ namespace, name, trigger, spec })),
  );
  await sql`
    insert into millrace.trigger (pipeline_id, name, spec, active)
    select p.id, x.trigger, x.spec, true
    from ${records(rows, "namespace text, name text, trigger text, spec jsonb")}
    join millrace.pipeline p on p.namespace = x.namespace and p.name = x.name
    on conflict (pipeline_id, name) do update set spec = excluded.spec, active = true
  `.execute(tx);
}

/** A limit that was raised or taken away has room for runs that waited. */
async function admitWaiting(work: Work, deployment: Deployment): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select p.id from millrace.pipeline p where p.deployment = ${deployment.name}
      and exists (select from millrace.run_queued q where q.pipeline_id = p.id)`.execute(work.tx);
  const admitted = await admitRuns(
    work,
    rows.map(({ id }) => id),
  );
  await startRuns(work, admitted);
}

interface ArmedSchedule {
  readonly id: number;
  readonly spec: ScheduleSpec;
  readonly due_at: Date | null;
  readonly slot: Date | null;
  readonly now: Date;
}

/**
 * Every active schedule has one timer. One that stands for a tick of the schedule is kept, also
 * when it is overdue; of a schedule that was edited, it is set anew to the next tick.
 */
async function armSchedules(tx: Tx, log: AfterwardsLog): Promise<void> {
  await sql`delete from millrace.timer m using millrace.trigger t
    where m.kind = 'schedule' and t.id = m.trigger_id
      and (not t.active or t.spec ->> 'type' <> 'schedule')`.execute(tx);
  const { rows } = await sql<ArmedSchedule>`
    select t.id, t.spec, m.due_at, m.slot, millrace.now() as now from millrace.trigger t
    left join millrace.timer m on m.kind = 'schedule' and m.trigger_id = t.id
    where t.active and t.spec ->> 'type' = 'schedule'`.execute(tx);
  const wrong = rows.filter((row) => !standsForTick(row));
  const timers = wrong.flatMap(({ id, spec, now }) => {
    const slot = nextTick(spec, now.getTime());
    if (slot === null) return [];
    return [{ trigger_id: id, due_ms: slot + jitterOf(spec, id, slot), slot_ms: slot }];
  });
  const wrongIds = wrong.map(({ id }) => id);
  await sql`delete from millrace.timer
    where kind = 'schedule' and trigger_id = any(${wrongIds}::bigint[])`.execute(tx);
  const armed = await sql<{ due_at: Date }>`
    insert into millrace.timer (kind, trigger_id, due_at, slot)
    select 'schedule', trigger_id, to_timestamp(due_ms / 1000.0), to_timestamp(slot_ms / 1000.0)
    from ${records(timers, "trigger_id bigint, due_ms bigint, slot_ms bigint")}
    returning due_at`.execute(tx);
  armed.rows.forEach(({ due_at }) => log.timer(due_at));
}

function standsForTick({ id, spec, due_at, slot }: ArmedSchedule): boolean {
  if (due_at === null) return false;
  const tick = (slot ?? due_at).getTime();
  return nextTick(spec, tick - 1) === tick && tick + jitterOf(spec, id, tick) === due_at.getTime();
}

import { type Instant, isRecord, type JsonValue, present } from "@millrace/core/internal";
import type { ExternalRun } from "./external-run.ts";
import { instantOf, isoOf, listOf, textOf } from "./read-members.ts";
import type { RunCheck } from "./run-check.ts";
import {
  PAGE_SIZE,
  placesBy,
  type RunPage,
  type RunQuery,
  type RunSystem,
  type SystemRequest,
  type TaskListing,
} from "./run-system.ts";

/** What differs between the two versions of Airflow's REST API. */
interface AirflowApi {
  readonly root: string;
  /** The name of the logical date in filters and orders. */
  readonly logical: string;
  /** The time that a window is about. */
  readonly started: string;
  runUrl(base: string, dag: string, run: string): string;
  taskUrl(run: string, task: string, mapIndex: number | null): string;
  /** What it says of an address where there is none of it. */
  readonly absent: string;
}

/** Dates further apart than this are listed apart: what lies between was not asked for. */
const GAP_MS = 86_400_000;

/**
 * Airflow 3.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
 * `POST /api/v2/dags/~/dagRuns/list` takes `dag_ids`, `logical_date_gte`, `run_after_gte`,
 * `order_by`, `page_offset`, `page_limit`.
 */
const V2: AirflowApi = {
  root: "/api/v2",
  logical: "logical_date",
  started: "run_after",
  runUrl: (base, dag, run) => `${base}/dags/${dag}/runs/${run}`,
  taskUrl: (run, task, mapIndex) =>
    `${run}/tasks/${task}${mapIndex === null ? "" : `/mapped/${mapIndex}`}`,
  absent:
    'there is no /api/v2 of an Airflow 3 at this URL; mend the connection, or ask an Airflow 2 with { api: "v1" }',
};

/**
 * Airflow 2.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/2.10.5/stable-rest-api-ref.html
 * The same listing with `execution_date_gte` and `start_date_gte`.
 */
const V1: AirflowApi = {
  root: "/api/v1",
  logical: "execution_date",
  started: "start_date",
  runUrl: (base, dag, run) => `${base}/dags/${dag}/grid?dag_run_id=${run}`,
  taskUrl: (run, task, mapIndex) =>
    `${run}&task_id=${task}${mapIndex === null ? "" : `&map_index=${mapIndex}`}`,
  absent:
    'there is no /api/v1 of an Airflow 2 at this URL; mend the connection, or ask an Airflow 3 with { api: "v2" }',
};

export const airflowV2: RunSystem = airflow(V2);
export const airflowV1: RunSystem = airflow(V1);

function airflow(api: AirflowApi): RunSystem {
  return {
    states: { allowed: ["success"], failed: ["failed"] },
    taskStates: {
      allowed: ["success"],
      // Each of them is final: who counts a skipped task as well lists it as allowed.
      failed: ["failed", "upstream_failed", "removed", "skipped"],
    },
    plan: (checks) => [
      ...planIds(api, checks),
      ...planDates(api, checks),
      ...planWindows(api, checks),
      ...planNewest(api, checks),
    ],
    readRuns: (answer, query, checks) => readRuns(api, answer, query, checks),
    tasks: taskListing(api),
    presence: { request: get(`${api.root}/version`), problem: api.absent },
  };
}

function taskListing(api: AirflowApi): TaskListing {
  return {
    request: ({ job, id }, offset) => {
      const path = `${api.root}/dags/${safe(job)}/dagRuns/${safe(id)}/taskInstances`;
      return get(`${path}?limit=${PAGE_SIZE}&offset=${offset}`);
    },
    read: (answer, run) => {
      const tasks = listOf(answer, "task_instances")?.map((task) => {
        const name = textOf(task, "task_id") ?? "";
        // Null until the scheduler has seen it.
        const state = textOf(task, "state") ?? "none";
        return { name, state, url: taskUrlOf(api, run, task) };
      });
      return tasks === undefined ? null : { tasks, total: totalOf(answer) };
    },
  };
}

/** Of a mapped task each item has a page of its own. */
function taskUrlOf(api: AirflowApi, { url }: ExternalRun, task: JsonValue): string | null {
  const name = textOf(task, "task_id");
  if (url === null || name === null) return url;
  const index: unknown = isRecord(task) ? task["map_index"] : null;
  return api.taskUrl(url, safe(name), typeof index === "number" && index >= 0 ? index : null);
}

function totalOf(answer: JsonValue): number | null {
  const total: unknown = isRecord(answer) ? answer["total_entries"] : null;
  return typeof total === "number" ? total : null;
}

function planIds(api: AirflowApi, checks: readonly RunCheck[]): readonly RunQuery[] {
  const wanted = checks.flatMap(({ match, job }, place) =>
    match.by === "ids" ? match.ids.map((id) => ({ job, id, place })) : [],
  );
  const groups = placesBy(wanted, ({ job, id }) => JSON.stringify([job, id]));
  return [...groups.values()].map((places) => {
    const all = places.map((place) => present(wanted[place]));
    const { job, id } = present(all[0]);
    const path = `${api.root}/dags/${safe(job)}/dagRuns/${safe(id)}`;
    return { checks: all.map(({ place }) => place), request: get(path) };
  });
}

/** One listing for all dates that lie close together, whatever DAGs they are of. */
function planDates(api: AirflowApi, checks: readonly RunCheck[]): readonly RunQuery[] {
  const wanted = checks
    .flatMap(({ match }, place) =>
      match.by === "dates" ? match.dates.map((date) => ({ date, place })) : [],
    )
    .toSorted((a, b) => a.date - b.date);
  const clusters: (typeof wanted)[] = [];
  for (const each of wanted) {
    const last = clusters.at(-1)?.at(-1);
    if (last === undefined || each.date - last.date > GAP_MS) clusters.push([each]);
    else clusters.at(-1)?.push(each);
  }
  return clusters.map((cluster) => {
    const places = [...new Set(cluster.map(({ place }) => place))];
    return listing(api, checks, places, {
      [`${api.logical}_gte`]: isoOf(present(cluster[0]).date),
      [`${api.logical}_lte`]: isoOf(present(cluster.at(-1)).date + 1),
      order_by: `-${api.logical}`,
    });
  });
}

function planWindows(api: AirflowApi, checks: readonly RunCheck[]): readonly RunQuery[] {
  const windows = checks.flatMap(({ match }, place) =>
    match.by === "window" ? [{ from: match.from, place }] : [],
  );
  if (windows.length === 0) return [];
  const from = Math.min(...windows.map((window) => window.from));
  const places = windows.map(({ place }) => place);
  const filter = { [`${api.started}_gte`]: isoOf(from), order_by: `-${api.started}` };
  return [listing(api, checks, places, filter)];
}

/** Per DAG, as a busy one would fill the pages of a listing in common. */
function planNewest(api: AirflowApi, checks: readonly RunCheck[]): readonly RunQuery[] {
  const isNewest = ({ match }: RunCheck) => match.by === "latest" || match.by === "partition";
  const groups = placesBy(checks, (check) => (isNewest(check) ? check.job : null));
  return [...groups].map(([job, places]) => {
    const path = `${api.root}/dags/${safe(job)}/dagRuns`;
    const request = get(`${path}?order_by=-${api.started}&limit=${PAGE_SIZE}`);
    return { checks: places, request };
  });
}

function listing(
  api: AirflowApi,
  checks: readonly RunCheck[],
  places: readonly number[],
  filter: Readonly<Record<string, string>>,
): RunQuery {
  const jobs = [...new Set(places.map((place) => present(checks[place]).job))];
  const body = { dag_ids: jobs, ...filter, page_offset: 0, page_limit: PAGE_SIZE };
  const path = `${api.root}/dags/~/dagRuns/list`;
  return { checks: places, request: { method: "POST", path, body } };
}

function readRuns(
  api: AirflowApi,
  answer: JsonValue,
  query: RunQuery,
  checks: readonly RunCheck[],
): RunPage | null {
  const base = present(checks[query.checks[0] ?? 0]).target.baseUrl;
  const listed = listOf(answer, "dag_runs");
  if (listed === null) {
    const run = toRun(api, answer, base);
    return run === null ? null : { runs: [run], rest: "end" };
  }
  const runs = listed.map((each) => toRun(api, each, base)).filter((run) => run !== null);
  return runs.length < listed.length ? null : { runs, rest: restOf(answer, listed.length, query) };
}

function restOf(answer: JsonValue, count: number, { request }: RunQuery): RunPage["rest"] {
  const entries = totalOf(answer) ?? count;
  const { body } = request;
  if (!isRecord(body)) return entries > count ? "newest" : "end";
  const seen = Number(body["page_offset"]) + count;
  if (seen >= entries) return "end";
  // A page with nothing on it though there is more: asked again, it would say the same.
  if (count === 0) return "newest";
  return { ...request, body: { ...body, page_offset: seen } as JsonValue };
}

function toRun(api: AirflowApi, run: JsonValue, base: string): ExternalRun | null {
  const job = textOf(run, "dag_id");
  const id = textOf(run, "dag_run_id");
  const state = textOf(run, "state");
  if (job === null || id === null || state === null) return null;
  return {
    job,
    id,
    state,
    url: api.runUrl(base, safe(job), safe(id)),
    logicalAt: instantOf(run, "logical_date") ?? instantOf(run, "execution_date"),
    startedAt: instantOf(run, "run_after") ?? instantOf(run, "start_date") ?? dueOf(run),
    partitions: partitionsOf(run),
    tasks: null,
  };
}

/**
 * Of a run of Airflow 2 that has not started yet: one that a schedule made is due at the end of its
 * interval, one that somebody made at its logical date, which may be later.
 */
function dueOf(run: JsonValue): Instant | null {
  const due = [instantOf(run, "data_interval_end"), instantOf(run, "execution_date")];
  const known = due.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Newer versions have a key of their own; before, people passed a partition in `conf`. */
function partitionsOf(run: JsonValue): readonly string[] {
  const conf: unknown = isRecord(run) ? run["conf"] : null;
  return [textOf(run, "partition_key"), textOf(conf, "partition")].filter((key) => key !== null);
}

function get(path: string): SystemRequest {
  return { method: "GET", path, body: null };
}

function safe(segment: string): string {
  return encodeURIComponent(segment);
}

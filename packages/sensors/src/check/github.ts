import { isRecord, type JsonValue, present } from "@millrace/core/internal";
import type { ExternalRun } from "./external-run.ts";
import { instantOf, isoOf, listOf, textOf } from "./read-members.ts";
import type { RunCheck } from "./run-check.ts";
import { PAGE_SIZE, placesBy, type RunQuery, type RunSystem } from "./run-system.ts";

/**
 * GitHub Actions. A job is `owner/repo/workflow.yml`; a partition is a branch; there is no logical
 * date, so a date is the time at which the run was made.
 *
 * @see https://docs.github.com/en/rest/actions/workflow-runs
 * `GET /repos/{owner}/{repo}/actions/workflows/{workflow}/runs?branch=&created=&per_page=`
 */
export const github: RunSystem = {
  states: {
    allowed: ["success"],
    failed: ["failure", "cancelled", "timed_out", "startup_failure", "stale", "skipped", "neutral"],
  },
  taskStates: { allowed: [], failed: [] },
  plan(checks) {
    const groups = placesBy(checks, ({ job, match }) => {
      const by = match.by === "partition" ? match.partition : null;
      return match.by === "ids" ? null : JSON.stringify([job, match.by, by]);
    });
    return [...planIds(checks), ...[...groups.values()].map((places) => toQuery(places, checks))];
  },
  readRuns(answer, query, checks) {
    const { job } = present(checks[query.checks[0] ?? 0]);
    const listed = listOf(answer, "workflow_runs") ?? [answer];
    const runs = listed.map((run) => toRun(run, job)).filter((run) => run !== null);
    if (runs.length < listed.length) return null;
    return { runs, rest: listed.length < PAGE_SIZE ? "end" : "newest" };
  },
};

function planIds(checks: readonly RunCheck[]): readonly RunQuery[] {
  return checks.flatMap(({ job, match }, place) => {
    if (match.by !== "ids") return [];
    const { repository } = partsOf(job);
    return match.ids.map((id) => ({
      checks: [place],
      request: get(`${repository}/actions/runs/${encodeURIComponent(id)}`),
    }));
  });
}

function toQuery(places: readonly number[], checks: readonly RunCheck[]): RunQuery {
  const group = places.map((place) => present(checks[place]));
  const { job, match } = present(group[0]);
  const { repository, workflow } = partsOf(job);
  const filter = new URLSearchParams({ per_page: String(PAGE_SIZE) });
  if (match.by === "partition") filter.set("branch", match.partition);
  const created = createdFilter(group);
  if (created !== null) filter.set("created", created);
  return {
    checks: places,
    request: get(`${repository}/actions/workflows/${workflow}/runs?${filter.toString()}`),
  };
}

/** In GitHub's search syntax; whole seconds, as a run's time has. */
function createdFilter(group: readonly RunCheck[]): string | null {
  const times = group.flatMap(({ match }) => {
    if (match.by === "dates") return match.dates;
    return match.by === "window" ? [match.from] : [];
  });
  if (times.length === 0) return null;
  const from = secondsOf(Math.min(...times));
  const isWindow = group.some(({ match }) => match.by === "window");
  return isWindow ? `>=${from}` : `${from}..${secondsOf(Math.max(...times) + 999)}`;
}

function secondsOf(at: number): string {
  return isoOf(at).replace(/\.\d+Z$/, "Z");
}

function partsOf(job: string): { readonly repository: string; readonly workflow: string } {
  const [owner = "", repo = "", ...workflow] = job.split("/").map(encodeURIComponent);
  return { repository: `/repos/${owner}/${repo}`, workflow: workflow.join("/") };
}

function toRun(run: JsonValue, job: string): ExternalRun | null {
  const status = textOf(run, "status");
  const id: unknown = isRecord(run) ? run["id"] : null;
  if (status === null || typeof id !== "number") return null;
  const createdAt = instantOf(run, "created_at");
  return {
    job,
    id: String(id),
    state: status === "completed" ? (textOf(run, "conclusion") ?? status) : status,
    url: textOf(run, "html_url"),
    logicalAt: createdAt,
    startedAt: createdAt,
    partitions: [textOf(run, "head_branch")].filter((branch) => branch !== null),
    tasks: null,
  };
}

function get(path: string): RunQuery["request"] {
  return { method: "GET", path, body: null };
}

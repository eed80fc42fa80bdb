import { type JsonValue, present } from "@millrace/core/internal";
import type { ExternalRun } from "./external-run.ts";
import { instantOf, isoOf, listOf, textOf } from "./read-members.ts";
import type { RunCheck } from "./run-check.ts";
import { PAGE_SIZE, placesBy, type RunQuery, type RunSystem } from "./run-system.ts";

/**
 * Prefect 2 and 3. A run's logical date is its expected start; its partitions are its tags. Runs
 * do not say which flow they are of, so each flow is asked for by itself.
 *
 * @see https://docs.prefect.io/v3/api-ref/rest-api/server/flow-runs/paginate-flow-runs
 * `POST {api}/flow_runs/filter` with `sort`, `offset`, `limit`, `flows.name.any_`,
 * `flow_runs.id.any_`, `flow_runs.tags.all_`, `flow_runs.expected_start_time.after_`
 */
export const prefect: RunSystem = {
  states: { allowed: ["COMPLETED"], failed: ["FAILED", "CRASHED", "CANCELLED"] },
  taskStates: { allowed: [], failed: [] },
  plan(checks) {
    const groups = placesBy(checks, ({ job, match }) =>
      JSON.stringify([job, match.by, match.by === "partition" ? match.partition : null]),
    );
    return [...groups.values()].map((places) => toQuery(places, checks));
  },
  readRuns(answer, query, checks) {
    const { job, target } = present(checks[query.checks[0] ?? 0]);
    const listed = listOf({ answer }, "answer");
    if (listed === null) return null;
    const runs = listed.map((run) => toRun(run, job, target.baseUrl)).filter((run) => run !== null);
    if (runs.length < listed.length) return null;
    return { runs, rest: listed.length < PAGE_SIZE ? "end" : "newest" };
  },
};

function toQuery(places: readonly number[], checks: readonly RunCheck[]): RunQuery {
  const group = places.map((place) => present(checks[place]));
  const flow_runs = runFilter(group);
  const body = {
    sort: "EXPECTED_START_TIME_DESC",
    offset: 0,
    limit: PAGE_SIZE,
    flows: { name: { any_: [present(group[0]).job] } },
    ...(flow_runs !== null && { flow_runs }),
  };
  return { checks: places, request: { method: "POST", path: "/flow_runs/filter", body } };
}

/** What all of a group, whose matches are of one kind, have in common. */
function runFilter(group: readonly RunCheck[]): JsonValue | null {
  const { match } = present(group[0]);
  switch (match.by) {
    case "ids": {
      const ids = group.flatMap((check) => (check.match.by === "ids" ? check.match.ids : []));
      return { id: { any_: [...new Set(ids)] } };
    }
    case "dates": {
      const dates = group.flatMap((check) => (check.match.by === "dates" ? check.match.dates : []));
      const before_ = isoOf(Math.max(...dates) + 1);
      return { expected_start_time: { after_: isoOf(Math.min(...dates)), before_ } };
    }
    case "partition":
      return { tags: { all_: [match.partition] } };
    case "window": {
      const from = group.map((check) =>
        check.match.by === "window" ? check.match.from : Infinity,
      );
      return { expected_start_time: { after_: isoOf(Math.min(...from)) } };
    }
    case "latest":
      // Runs that are scheduled for later are not the latest.
      return { state: { type: { not_any_: ["SCHEDULED"] } } };
  }
}

function toRun(run: JsonValue, job: string, base: string): ExternalRun | null {
  const id = textOf(run, "id");
  const state = textOf(run, "state_type");
  if (id === null || state === null) return null;
  const expectedAt = instantOf(run, "expected_start_time");
  const tags = (listOf(run, "tags") ?? []).filter((tag) => typeof tag === "string");
  return {
    job,
    id,
    state,
    url: `${base.replace(/\/api$/, "")}/runs/flow-run/${encodeURIComponent(id)}`,
    logicalAt: expectedAt,
    startedAt: expectedAt ?? instantOf(run, "start_time"),
    partitions: tags,
    tasks: null,
  };
}

import { isRecord, type JsonValue, present } from "@millrace/core/internal";
import type { ExternalRun } from "./external-run.ts";
import { listOf, textOf, toInstant } from "./read-members.ts";
import type { RunCheck } from "./run-check.ts";
import { PAGE_SIZE, placesBy, type RunPage, type RunQuery, type RunSystem } from "./run-system.ts";

/** Filters in one document: what is more is asked in the next. */
const FILTERS_MAX = 20;

interface Filter {
  readonly checks: readonly number[];
  readonly filter: JsonValue;
}

/**
 * Dagster by its GraphQL API: many filters in one document, each under an alias of its own. A
 * run's logical date is that of its schedule's tick.
 *
 * @see https://docs.dagster.io/api/graphql `runsOrError(filter: RunsFilter, limit: Int)`, with
 * `runIds`, `pipelineName`, `tags`, `createdAfter`
 */
export const dagster: RunSystem = {
  states: { allowed: ["SUCCESS"], failed: ["FAILURE", "CANCELED"] },
  taskStates: { allowed: [], failed: [] },
  plan(checks) {
    const filters = [...idFilters(checks), ...jobFilters(checks)];
    const documents: RunQuery[] = [];
    for (let first = 0; first < filters.length; first += FILTERS_MAX)
      documents.push(toDocument(filters.slice(first, first + FILTERS_MAX)));
    return documents;
  },
  readRuns(answer, query, checks) {
    const base = present(checks[query.checks[0] ?? 0]).target.baseUrl;
    const data: unknown = isRecord(answer) ? answer["data"] : null;
    if (!isRecord(data)) return null;
    const pages = Object.values(data).map((page) => toPage(page as JsonValue, base));
    if (pages.some((page) => page === null)) return null;
    const found = pages.filter((page) => page !== null);
    const rest = found.some((page) => page.rest === "newest") ? "newest" : "end";
    return { runs: found.flatMap(({ runs }) => runs), rest };
  },
};

function idFilters(checks: readonly RunCheck[]): readonly Filter[] {
  const places = checks.flatMap(({ match }, place) => (match.by === "ids" ? [place] : []));
  const ids = checks.flatMap(({ match }) => (match.by === "ids" ? match.ids : []));
  const filters: Filter[] = [];
  const distinct = [...new Set(ids)];
  for (let first = 0; first < distinct.length; first += PAGE_SIZE)
    filters.push({ checks: places, filter: { runIds: distinct.slice(first, first + PAGE_SIZE) } });
  return filters;
}

function jobFilters(checks: readonly RunCheck[]): readonly Filter[] {
  const groups = placesBy(checks, ({ match, job }) => {
    if (match.by === "ids") return null;
    return JSON.stringify([job, match.by === "partition" ? match.partition : null]);
  });
  return [...groups.values()].map((places) => {
    const group = places.map((place) => present(checks[place]));
    const { job, match } = present(group[0]);
    const tags = match.by === "partition" ? partitionTag(match.partition) : {};
    return { checks: places, filter: { pipelineName: job, ...tags, ...since(group) } };
  });
}

function partitionTag(value: string): { readonly tags: JsonValue } {
  return { tags: [{ key: "dagster/partition", value }] };
}

/** Only when all of a group look no further back. Seconds, as everywhere in this API. */
function since(group: readonly RunCheck[]): { readonly createdAfter?: number } {
  const froms = group.map(({ match }) => (match.by === "window" ? match.from : null));
  if (froms.includes(null)) return {};
  return { createdAfter: Math.min(...froms.map(Number)) / 1_000 };
}

function toDocument(filters: readonly Filter[]): RunQuery {
  const declared = filters.map((_each, index) => `$f${index}: RunsFilter`).join(", ");
  const fields =
    "__typename ... on Runs { results { runId jobName status creationTime tags { key value } } }";
  const asked = filters
    .map(
      (_each, index) =>
        `q${index}: runsOrError(filter: $f${index}, limit: ${PAGE_SIZE}) { ${fields} }`,
    )
    .join(" ");
  const variables = Object.fromEntries(filters.map(({ filter }, index) => [`f${index}`, filter]));
  return {
    checks: [...new Set(filters.flatMap((filter) => filter.checks))],
    request: {
      method: "POST",
      path: "/graphql",
      body: { query: `query MillraceRuns(${declared}) { ${asked} }`, variables },
    },
  };
}

function toPage(page: JsonValue, base: string): RunPage | null {
  const results = listOf(page, "results");
  if (results === null) return null;
  const runs = results.map((run) => toRun(run, base)).filter((run) => run !== null);
  if (runs.length < results.length) return null;
  return { runs, rest: results.length < PAGE_SIZE ? "end" : "newest" };
}

function toRun(run: JsonValue, base: string): ExternalRun | null {
  const id = textOf(run, "runId");
  const state = textOf(run, "status");
  if (id === null || state === null) return null;
  const tags = listOf(run, "tags") ?? [];
  const created: unknown = isRecord(run) ? run["creationTime"] : null;
  return {
    job: textOf(run, "jobName") ?? "",
    id,
    state,
    url: `${base}/runs/${encodeURIComponent(id)}`,
    logicalAt: toInstant(tagOf(tags, "dagster/scheduled_execution_time")),
    startedAt: typeof created === "number" ? Math.round(created * 1_000) : null,
    partitions: [tagOf(tags, "dagster/partition")].filter((key) => key !== null),
    tasks: null,
  };
}

function tagOf(tags: readonly JsonValue[], key: string): string | null {
  return textOf(tags.find((tag) => textOf(tag, "key") === key) ?? null, "value");
}

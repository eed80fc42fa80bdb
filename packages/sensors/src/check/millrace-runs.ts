import { isRecord, type JsonValue, partitionText, type Partition } from "@millrace/core/internal";
import type { ExternalRun } from "./external-run.ts";
import type { StateWords } from "./judge-runs.ts";
import { listOf, textOf } from "./read-members.ts";
import type { RunCheck } from "./run-check.ts";

/** States of another Millrace that end a wait. What is in neither list is under way. */
export const MILLRACE_WORDS: { readonly run: StateWords; readonly task: StateWords } = {
  run: { allowed: ["succeeded"], failed: ["failed", "cancelled"] },
  task: {
    allowed: ["succeeded"],
    // Each of them is final: who counts a skipped task as well lists it as allowed.
    failed: ["failed", "upstream_failed", "skipped", "cancelled"],
  },
};

/** One thing to look for in the other database: a row of what it is asked. JSON. */
export interface WantedRow {
  readonly namespace: string;
  readonly name: string;
  readonly way: "id" | "date" | "partition" | "newest";
  readonly id: string | null;
  readonly at_ms: number | null;
  /** Canonical, of all keys. */
  readonly partition: string | null;
  /** The value of the only key, whatever the other pipeline calls it. */
  readonly value: string | null;
  /** Runs that are read at most. */
  readonly most: number;
  readonly tasks: readonly string[];
}

/** Ids are given and become visible in another order, among runs that begin at the same moment. */
const AT_ONCE_MAX = 10;
/** What a window with mode `any` looks at. */
const WINDOW_RUNS_MAX = 100;
/** What a timestamp of a database and of JavaScript can both be. */
const INSTANT_MIN = -62_135_596_800_000;
const INSTANT_MAX = 253_402_300_799_999;

/** What a check looks for. Checks that look for the same give equal rows. */
export function toWantedRows({ job, match, mode, tasks }: RunCheck<"millrace">): WantedRow[] {
  const [namespace = "", name = ""] = job.split("/");
  const base = { namespace, name, id: null, at_ms: null, partition: null, value: null, tasks };
  switch (match.by) {
    case "ids":
      return match.ids.map((id) => ({ ...base, way: "id", id: id.slice("run_".length), most: 1 }));
    case "dates":
      return match.dates
        .filter((at) => at >= INSTANT_MIN && at <= INSTANT_MAX)
        .map((at_ms) => ({ ...base, way: "date", at_ms, most: AT_ONCE_MAX }));
    case "partition": {
      const isWhole = isPartitionText(match.partition);
      const named = isWhole ? { partition: match.partition } : { value: match.partition };
      return [{ ...base, ...named, way: "partition", most: AT_ONCE_MAX }];
    }
    case "window":
    case "latest": {
      const isAny = match.by === "window" && mode === "any";
      return [{ ...base, way: "newest", most: isAny ? WINDOW_RUNS_MAX : AT_ONCE_MAX }];
    }
  }
}

/**
 * The runs of each wanted row, the newest first among those of one moment, and at least one row for each: without an id when
 * there is no such run. It names what every version of the schema has. `registry.url` is younger,
 * so that it is read as a member of the row. `$1` is a list of wanted rows with their places.
 *
 * Each way to match has a branch of its own, so that each goes along an index of its own, and none
 * reads the history of its pipeline.
 */
export const MILLRACE_RUNS_SQL = `
  select x.place, p.id is not null as is_known, o.keys, c.id::text as id, c.state, c.partition,
    round(extract(epoch from c.logical_at) * 1000)::float8 as logical_ms,
    round(extract(epoch from c.created_at) * 1000)::float8 as created_ms,
    t.tasks, (select to_jsonb(r) ->> 'url' from millrace.registry r where r.id = 1) as url
  from jsonb_to_recordset($1::jsonb) as x(place int, namespace text, name text, way text,
    id bigint, at_ms float8, partition text, value text, most int, tasks jsonb)
  left join millrace.pipeline p on p.namespace = x.namespace and p.name = x.name
  left join lateral (
    select jsonb_agg(k.name) as keys,
      '{' || to_json(min(k.name))::text || ':' || to_json(x.value)::text || '}' as partition
    from jsonb_object_keys((
      select v.spec -> 'partitions' from millrace.pipeline_version v
      where v.pipeline_id = p.id order by v.id = p.version_id desc nulls last, v.id desc limit 1
    )) as k(name)
  ) o on x.value is not null
  left join lateral (
    (select r.* from millrace.run r where x.way = 'id' and r.id = x.id and r.pipeline_id = p.id)
    union all
    (select r.* from millrace.run r where x.way = 'date' and r.pipeline_id = p.id
      and r.logical_at = to_timestamp(x.at_ms / 1000.0) order by r.id desc limit x.most)
    union all
    (select r.* from millrace.run r where x.way = 'partition' and r.pipeline_id = p.id
      and r.partition = coalesce(x.partition, o.partition) order by r.id desc limit x.most)
    union all
    (select r.* from millrace.run r where x.way = 'newest' and r.pipeline_id = p.id
      order by r.id desc limit x.most)
  ) c on true
  left join millrace.pipeline_version v on v.id = c.version_id
  left join lateral (
    select jsonb_agg(jsonb_build_object('name', s.task ->> 'name', 'state', k.state)) as tasks
    from jsonb_array_elements(v.spec -> 'tasks') with ordinality as s(task, place)
    left join millrace.task_run k on k.run_id = c.id and k.task = s.place - 1 and k.item = -1
    where s.task ->> 'name' in (select jsonb_array_elements_text(x.tasks))
  ) t on jsonb_array_length(x.tasks) > 0
  order by x.place, c.id desc`;

/** What was found of a wanted row. */
export interface FoundRow {
  readonly place: number;
  /** Null when there is none. */
  readonly run: ExternalRun | null;
  /** Why no run can be meant, as a sentence; null when there may be one. */
  readonly lacks: string | null;
}

/** @returns Null when it does not have the form that it should. */
export function readFoundRow(row: unknown, wanted: readonly WantedRow[]): FoundRow | null {
  if (!isRecord(row)) return null;
  const place = Number(row["place"]);
  const asked = wanted[place];
  if (asked === undefined) return null;
  const job = `${asked.namespace}/${asked.name}`;
  if (row["is_known"] !== true)
    return { place, run: null, lacks: `there is no pipeline ${job} over there` };
  const id = textOf(row, "id");
  if (id === null) return { place, run: null, lacks: keysProblem(job, asked, row["keys"]) };
  return { place, run: toRun(row, id, job), lacks: null };
}

function toRun(row: Record<string, unknown>, number: string, job: string): ExternalRun {
  const id = `run_${number}`;
  const state = textOf(row, "state") ?? "unknown";
  return {
    job,
    id,
    state,
    url: linkOf(textOf(row, "url"), id),
    logicalAt: numberOf(row["logical_ms"]),
    startedAt: numberOf(row["created_ms"]),
    partitions: partitionNames(textOf(row, "partition") ?? "{}"),
    tasks: (listOf(row as JsonValue, "tasks") ?? []).map((task) => ({
      name: textOf(task, "name") ?? "",
      state: textOf(task, "state") ?? undecidedIn(state),
      url: null,
    })),
  };
}

/** Of a run that was cancelled before they could begin, tasks have no rows. */
function undecidedIn(state: string): string {
  return MILLRACE_WORDS.run.failed.includes(state) ? "cancelled" : "undecided";
}

/** By its whole text, and by its value where it has one key only. */
function partitionNames(text: string): readonly string[] {
  const values = isPartitionText(text) ? Object.values(JSON.parse(text) as Partition) : [];
  return values.length === 1 ? [text, ...values] : [text];
}

function isPartitionText(text: string): boolean {
  if (!text.startsWith("{")) return false;
  try {
    const read: unknown = JSON.parse(text);
    if (!isRecord(read) || !Object.values(read).every((value) => typeof value === "string"))
      return false;
    return partitionText(read as Partition) === text;
  } catch {
    return false;
  }
}

/** A value alone says which partition is meant only where there is one key. */
function keysProblem(job: string, { way, value }: WantedRow, keys: unknown): string | null {
  if (way !== "partition" || value === null) return null;
  const names = (Array.isArray(keys) ? keys : []).map(String).toSorted();
  if (names.length === 1) return null;
  if (names.length === 0) return `${job} has no partitions over there; match its runs otherwise`;
  const example = names.map((name) => `${name}: "…"`).join(", ");
  return `${job} has several partition keys over there; name all: { partition: { ${example} } }`;
}

/** `base` is what the other side calls itself; it need not be an address. */
function linkOf(base: string | null, id: string): string | null {
  const url = URL.parse(base ?? "");
  if (base === null || url === null || !/^https?:$/.test(url.protocol)) return null;
  if (url.username !== "" || url.password !== "") return null;
  return `${base.replace(/\/+$/, "")}/runs/${id}`;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

import { type Instant, present } from "@millrace/core/internal";
import { judgeRuns } from "./judge-runs.ts";
import {
  type FoundRow,
  MILLRACE_RUNS_SQL,
  MILLRACE_WORDS,
  readFoundRow,
  toWantedRows,
  type WantedRow,
} from "./millrace-runs.ts";
import type { Observation } from "./observation.ts";
import { ROWS_MAX, readRows, type SqlClient } from "./read-rows.ts";
import type { RunCheck } from "./run-check.ts";
import { selectRuns } from "./select-runs.ts";

export interface AskMillraceOptions {
  readonly client: SqlClient;
  readonly statementMs: number;
  readonly now: () => Instant;
  /** True when nothing more is to be begun. */
  readonly isLate: () => boolean;
}

/** What became of the wanted rows. */
interface Found {
  /** By place: what was found of it. */
  readonly rows: readonly (readonly FoundRow[])[];
  /** So many of them, from the first on, were asked for. */
  readonly asked: number;
  /** Why the others were not, as a sentence; null: for want of time. */
  readonly failure: string | null;
}

/**
 * Asks the database of another Millrace for all checks of it: one query, unless they look for more
 * than can be read at once. Never rejects for what the other side does.
 *
 * @param checks - Of one target.
 * @returns One observation for each, in the same order; null where there was no time left to ask.
 */
export async function askMillrace(
  checks: readonly RunCheck<"millrace">[],
  options: AskMillraceOptions,
): Promise<readonly (Observation | null)[]> {
  const places = new Map<string, number>();
  const wanted: WantedRow[] = [];
  const placesOf = checks.map((check) =>
    toWantedRows(check).map((row) => {
      const key = JSON.stringify(row);
      const place = places.get(key) ?? wanted.push(row) - 1;
      places.set(key, place);
      return place;
    }),
  );
  const found = await findRuns(wanted, options);
  const at = options.now();
  return checks.map((check, index) => observe(check, present(placesOf[index]), found, at));
}

/** As few queries as the rows that one may give allow. */
async function findRuns(wanted: readonly WantedRow[], options: AskMillraceOptions): Promise<Found> {
  const rows = wanted.map((): FoundRow[] => []);
  for (const [from, to] of slicesOf(wanted)) {
    if (options.isLate()) return { rows, asked: from, failure: null };
    const slice = await findSlice(wanted.slice(from, to), options);
    if (typeof slice === "string") return { rows, asked: from, failure: slice };
    for (const row of slice) present(rows[from + row.place]).push(row);
  }
  return { rows, asked: wanted.length, failure: null };
}

/** Rows that are fetched of one query are bounded: what it may find must fit. */
function slicesOf(wanted: readonly WantedRow[]): readonly (readonly [from: number, to: number])[] {
  const slices: [number, number][] = [];
  let room = 0;
  for (const [place, { most }] of wanted.entries()) {
    const last = slices.at(-1);
    if (last === undefined || most > room) {
      slices.push([place, place + 1]);
      room = ROWS_MAX;
    } else last[1] = place + 1;
    room -= most;
  }
  return slices;
}

/** @returns A sentence when it cannot be asked. */
async function findSlice(
  wanted: readonly WantedRow[],
  { client, statementMs }: AskMillraceOptions,
): Promise<readonly FoundRow[] | string> {
  try {
    const asked = JSON.stringify(wanted.map((row, place) => ({ place, ...row })));
    const rows = await readRows(client, { text: MILLRACE_RUNS_SQL, values: [asked] }, statementMs);
    const read = rows.map((row) => readFoundRow(row, wanted)).filter((row) => row !== null);
    return read.length === rows.length ? read : "its answer does not have the form that it should";
  } catch (error) {
    return failureOf(error);
  }
}

/** Of undefined schemas, tables, columns and functions. */
const LACKS = new Set(["3F000", "42P01", "42703", "42883"]);
const NO_PRIVILEGE = "42501";

function failureOf(error: unknown): string {
  const said = error instanceof Error ? error.message.slice(0, 300) : typeof error;
  const state = error instanceof Error && "code" in error ? String(error.code) : "";
  if (LACKS.has(state))
    return (
      `it has not what is read of a Millrace (${said}): its schema is of another version, or it ` +
      "is none; bring the older of both up to date, or mend the URL of the connection"
    );
  if (state === NO_PRIVILEGE)
    return (
      `${said}; let the role of the connection use the schema millrace and read its tables ` +
      "pipeline, pipeline_version, registry, run and task_run"
    );
  return said;
}

function observe(
  check: RunCheck<"millrace">,
  places: readonly number[],
  { rows, asked, failure }: Found,
  at: Instant,
): Observation | null {
  if (places.some((place) => place >= asked)) {
    if (failure === null) return null;
    const said = `millrace at ${check.target.baseUrl}: ${failure}`;
    return { type: "unreachable", said, url: null, at };
  }
  const mine = places.flatMap((place) => present(rows[place]));
  const runs = mine.flatMap(({ run }) => run ?? []);
  const words = check.tasks.length > 0 ? MILLRACE_WORDS.task : MILLRACE_WORDS.run;
  const judged = judgeRuns(check, selectRuns(check, runs), words, at);
  const lacks = mine.find((row) => row.lacks !== null)?.lacks ?? null;
  return judged.type === "missing" && lacks !== null ? { ...judged, said: lacks } : judged;
}

import type { JsonValue } from "@millrace/core/internal";
import type { ExternalRun, ExternalTask } from "./external-run.ts";
import type { StateWords } from "./judge-runs.ts";
import type { RunCheck } from "./run-check.ts";

/** A request below a target's base URL, before its credentials. */
export interface SystemRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: JsonValue | null;
}

/** One listing of runs, which serves some of the checks that it was planned for. */
export interface RunQuery {
  /** Places in the list of checks. */
  readonly checks: readonly number[];
  readonly request: SystemRequest;
}

export interface RunPage {
  readonly runs: readonly ExternalRun[];
  /**
   * `end`: all that the query asks for was listed. `newest`: there may be older ones, which
   * matter only to those who look for one of them.
   */
  readonly rest: SystemRequest | "end" | "newest";
}

/** How one system is asked and read: pure, so that recorded answers test all of it. */
export interface RunSystem {
  readonly states: StateWords;
  readonly taskStates: StateWords;
  /** As few requests as the system's filters allow for checks of one target. */
  plan(checks: readonly RunCheck[]): readonly RunQuery[];
  /** @returns Null when the answer does not have the form that it should. */
  readRuns(answer: JsonValue, query: RunQuery, checks: readonly RunCheck[]): RunPage | null;
  /** The listing of a run's tasks; absent where the system has none. */
  readonly tasks?: TaskListing;
  /** What to ask when something is not found; absent where nothing answers for that. */
  readonly presence?: SystemPresence;
}

/** How to tell a run that is not there from an address at which there is no such system. */
export interface SystemPresence {
  /** Every system of the kind answers it. */
  readonly request: SystemRequest;
  /** What it says of an address that does not know it either. */
  readonly problem: string;
}

export interface TaskListing {
  /** @param offset - Tasks on the pages before. */
  readonly request: (run: ExternalRun, offset: number) => SystemRequest;
  /** @returns Null when the answer does not have the form that it should. */
  readonly read: (answer: JsonValue, run: ExternalRun) => TaskPage | null;
}

export interface TaskPage {
  readonly tasks: readonly ExternalTask[];
  /** Of all pages; null when the answer does not say. */
  readonly total: number | null;
}

/** Runs on one page: what the least generous of the systems gives. */
export const PAGE_SIZE = 100;

/** Groups places in a list by a key; in the order of first sight. */
export function placesBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string | null,
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [place, item] of items.entries()) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return groups;
}

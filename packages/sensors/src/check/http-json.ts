import { type JsonValue, present } from "@millrace/core/internal";
import { valueAt } from "../http/json-pointer.ts";
import type { ExternalRun } from "./external-run.ts";
import { toInstant } from "./read-members.ts";
import type { JsonRunMapping, RunCheck } from "./run-check.ts";
import { placesBy, type RunQuery, type RunSystem } from "./run-system.ts";

/** Any system that answers with JSON, by a declared mapping. Same requests are made once. */
export const httpJson: RunSystem = {
  states: { allowed: [], failed: [] },
  taskStates: { allowed: [], failed: [] },
  plan: (checks) =>
    [...placesBy(checks, requestKeyOf).values()].map((places) => ({
      checks: places,
      request: requestOf(present(checks[places[0] ?? 0])),
    })),
  readRuns(answer, query, checks) {
    const { job, mapping } = present(checks[query.checks[0] ?? 0]);
    const declared = present(mapping, "the mapping of a JSON system");
    const found = declared.list === null ? [answer] : valueAt(answer, declared.list);
    if (!isList(found)) return null;
    const runs = found.map((run) => toRun(run, job, declared)).filter((run) => run !== null);
    // More than a page is not ours to bound: the address is the user's own.
    return runs.length < found.length ? null : { runs, rest: "end" };
  },
};

function requestOf({ job, mapping }: RunCheck): RunQuery["request"] {
  const { method, path, body } = present(mapping, "the mapping of a JSON system");
  return { method, path: path.replaceAll("{job}", encodeURIComponent(job)), body };
}

function requestKeyOf(check: RunCheck): string {
  return JSON.stringify([requestOf(check), check.job, check.mapping]);
}

function toRun(run: JsonValue, job: string, mapping: JsonRunMapping): ExternalRun | null {
  const id = wordAt(run, mapping.id);
  const state = wordAt(run, mapping.state);
  if (id === null || state === null) return null;
  const partition = wordAt(run, mapping.partition);
  return {
    job,
    id,
    state,
    url: wordAt(run, mapping.url),
    logicalAt: toInstant(wordAt(run, mapping.logicalDate)),
    startedAt: toInstant(wordAt(run, mapping.startedAt)),
    partitions: partition === null ? [] : [partition],
    tasks: null,
  };
}

/** Numbers and booleans are states and ids as well. */
function wordAt(run: JsonValue, pointer: string | null): string | null {
  const value = pointer === null ? null : valueAt(run, pointer);
  if (value === null || value === undefined || typeof value === "object") return null;
  return String(value);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

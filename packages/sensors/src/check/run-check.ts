import type { RunMatch } from "./run-match.ts";

/** Systems that are asked over HTTP. */
export type RunSystemName =
  | "airflow-v1"
  | "airflow-v2"
  | "dagster"
  | "prefect"
  | "github"
  | "http-json";

/** Every system whose runs can be waited for: of another Millrace, the database is asked. */
export type RunKind = RunSystemName | "millrace";

/** Another system, and the connection whose credentials are to be used: by name, never by value. */
export interface RunTarget<K extends RunKind = RunSystemName> {
  readonly system: K;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly connection: string | null;
}

/** A wait for runs of another system. JSON. */
export interface RunCheck<K extends RunKind = RunSystemName> {
  readonly target: RunTarget<K>;
  /** What runs: a DAG, a job, a flow, `owner/repo/workflow.yml`, `namespace/pipeline`. */
  readonly job: string;
  readonly match: RunMatch;
  /** Of every matched run these tasks are waited for; none: the run itself. */
  readonly tasks: readonly string[];
  readonly mode: "all" | "any";
  /** Null: what the system calls so. What is in neither list is still running. */
  readonly allowedStates: readonly string[] | null;
  readonly failedStates: readonly string[] | null;
  /** How to ask and read what is none of the named systems; null for those. */
  readonly mapping: JsonRunMapping | null;
}

/** Where in the JSON of an unnamed system the runs are. Pointers are of RFC 6901. */
export interface JsonRunMapping {
  readonly method: "GET" | "POST";
  /** After the target's base URL; `{job}` is replaced. */
  readonly path: string;
  readonly body: string | null;
  /** To the list of runs; null: the document is one run. */
  readonly list: string | null;
  readonly id: string;
  readonly state: string;
  readonly url: string | null;
  readonly logicalDate: string | null;
  readonly startedAt: string | null;
  readonly partition: string | null;
}

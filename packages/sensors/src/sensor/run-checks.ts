import type { ExternalCheck } from "@millrace/core";
import { parseDurationMs } from "@millrace/core/internal";
import { connectionNameProblem } from "../connection/connection.ts";
import { runChecks } from "./build-run-check.ts";
import type { RunChecks, TasksOption } from "./run-options.ts";
import { type SensorPolicyOptions, toPolicies } from "./sensor-policies.ts";
import { built } from "./stored-check.ts";

/**
 * Waits for DAG runs, or tasks in them, of an Apache Airflow. `MILLRACE_CONNECTION_<NAME>` is the
 * URL of its web server, with a user and a password or with a token beside it.
 *
 * @param options - `api` is `v2` (Airflow 3) unless given; Airflow 2 has `v1`.
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example
 * sensor("orders", {
 *   check: airflow("analytics").run("load_orders", { match: "logicalDate", onMissing: "wait" }),
 *   every: "1m",
 *   timeout: "6h",
 * });
 */
export function airflow(
  connection: string,
  { api = "v2" }: { readonly api?: "v1" | "v2" } = {},
): RunChecks<TasksOption> {
  return runChecks(`airflow-${api}`, connection);
}

/** A materialization of an asset. */
export interface MaterializationValue {
  readonly asset: readonly string[];
  readonly partition: string | null;
  readonly runId: string | null;
  readonly at: string;
}

export interface AssetOptions extends SensorPolicyOptions {
  /** Of this partition; of any unless given. */
  readonly partition?: string;
  /** No older than so long before the wait began (`1h`, `0s`); of any age unless given. */
  readonly since?: string;
}

/**
 * Waits for runs and asset materializations of a Dagster. `MILLRACE_CONNECTION_<NAME>` is the URL
 * of its web server.
 *
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example
 * dagster("ml").run("train", { match: "partition" });
 * dagster("ml").asset(["features", "daily"], { since: "1h" });
 */
export function dagster(connection: string): RunChecks & {
  asset(
    key: string | readonly string[],
    options?: AssetOptions,
  ): ExternalCheck<MaterializationValue>;
} {
  return {
    ...runChecks("dagster", connection),
    asset(key, options = {}) {
      const asset = typeof key === "string" ? key.split("/") : key;
      const { partition = null, since } = options;
      const problems: string[] = [];
      const sinceMs = since === undefined ? null : parseDurationMs(since);
      if (since !== undefined && sinceMs === null)
        problems.push(`${JSON.stringify(since)} is no duration; write one like "1h".`);
      if (asset.length === 0 || asset.some((part) => part === ""))
        problems.push("An asset's key has no empty part; copy it from Dagster.");
      const policies = toPolicies(options, problems);
      const ask = { connection, asset, partition, sinceMs };
      const all = [connectionNameProblem(connection), ...problems];
      return built({ kind: "dagster-asset", target: connection, ask, policies }, all);
    },
  };
}

/**
 * Waits for flow runs of a Prefect. `MILLRACE_CONNECTION_<NAME>` is the URL of its API, with
 * `/api` at its end.
 *
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example prefect("lab").run("nightly", { match: { window: "6h" } });
 */
export function prefect(connection: string): RunChecks {
  return runChecks("prefect", connection);
}

/**
 * Waits for workflow runs of GitHub Actions. `MILLRACE_CONNECTION_<NAME>_TOKEN` is a token that
 * may read them; `MILLRACE_CONNECTION_<NAME>` is wanted for a GitHub of one's own only.
 *
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example github("ci").run("acme/shop/release.yml", { match: "latest" });
 */
export function github(connection: string): RunChecks {
  return runChecks("github", connection);
}

/** Where in the JSON of a system the runs are: JSON pointers (RFC 6901) from a run. */
export interface HttpRunsMapping {
  /** Behind the URL of the connection; `{job}` is replaced. */
  readonly path: string;
  readonly method?: "GET" | "POST";
  readonly body?: string;
  /** To the list of runs; unless given, the document is one run. */
  readonly list?: string;
  readonly id: string;
  readonly state: string;
  readonly url?: string;
  readonly logicalDate?: string;
  readonly startedAt?: string;
  readonly partition?: string;
}

/**
 * Waits for runs of any system that tells of them in JSON. `allowedStates` must be given.
 *
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example
 * const jobs = httpRuns("erp", { path: "/jobs/{job}", id: "/id", state: "/status" });
 * jobs.run("close-books", { match: "latest", allowedStates: ["done"], failedStates: ["error"] });
 */
export function httpRuns(connection: string, mapping: HttpRunsMapping): RunChecks {
  const { path, method = "GET", body = null, list = null, id, state } = mapping;
  const { url = null, logicalDate = null, startedAt = null, partition = null } = mapping;
  const more = { list, id, state, url, logicalDate, startedAt, partition };
  return runChecks("http-json", connection, { method, path, body, ...more });
}

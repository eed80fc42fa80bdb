import type { ExternalCheck } from "@millrace/core";
import type { JsonRunMapping, RunKind } from "../check/run-check.ts";
import { connectionNameProblem } from "../connection/connection.ts";
import { toMatchSpec } from "./match-option.ts";
import { runAskProblem } from "./resolve-run-ask.ts";
import type { RunChecks, RunOptions, TasksOption } from "./run-options.ts";
import { toPolicies } from "./sensor-policies.ts";
import { built, type RunAsk } from "./stored-check.ts";

/** Where runs are asked for, and how. */
interface RunSource {
  readonly system: RunKind;
  readonly connection: string;
  readonly mapping: JsonRunMapping | null;
}

/**
 * One wait for runs, as it is stored.
 *
 * @param isSeveral - Its value is a list.
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 */
export function buildRunCheck<V>(
  { system, connection, mapping }: RunSource,
  job: string,
  { match = "logicalDate", ...options }: RunOptions,
  isSeveral: boolean,
): ExternalCheck<V> {
  const problems: string[] = [];
  const { tasks = [], mode = "all", allowedStates = null, failedStates = null } = options;
  const policies = toPolicies(options, problems);
  const spec = toMatchSpec(match, problems) ?? { by: "latest" };
  const words = { tasks, mode, allowedStates, failedStates, mapping };
  const ask: RunAsk = { connection, job, match: spec, ...words, isSeveral };
  const all = [connectionNameProblem(connection), ...problems, runAskProblem(system, ask)];
  return built({ kind: system, target: connection, ask, policies }, all);
}

/** The builders of waits for runs of one system. */
export function runChecks(
  system: RunKind,
  connection: string,
  mapping: JsonRunMapping | null = null,
): RunChecks<TasksOption> {
  const source = { system, connection, mapping };
  return {
    run: (job, options = {}) => buildRunCheck(source, job, options, false),
    runs: (job, options) => buildRunCheck(source, job, options, true),
  };
}

import { airflowV1, airflowV2 } from "./airflow.ts";
import { dagster } from "./dagster.ts";
import { github } from "./github.ts";
import { httpJson } from "./http-json.ts";
import { prefect } from "./prefect.ts";
import type { RunSystemName } from "./run-check.ts";
import type { RunSystem } from "./run-system.ts";

/** Every system whose runs can be waited for. */
export const RUN_SYSTEMS: Readonly<Record<RunSystemName, RunSystem>> = {
  "airflow-v1": airflowV1,
  "airflow-v2": airflowV2,
  dagster,
  github,
  "http-json": httpJson,
  prefect,
};

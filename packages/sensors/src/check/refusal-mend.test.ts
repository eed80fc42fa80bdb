import { expect, test } from "vitest";
import { refusalMend } from "./refusal-mend.ts";
import type { RunSystemName } from "./run-check.ts";
import type { SystemCredential } from "./run-system-client.ts";

test.each<[number, RunSystemName, SystemCredential["type"], string]>([
  [401, "airflow-v2", "none", "set MILLRACE_CONNECTION_ETL_TOKEN, or write a user"],
  [403, "prefect", "none", "set MILLRACE_CONNECTION_ETL_TOKEN, or write a user"],
  [401, "airflow-v2", "bearer", "the token of MILLRACE_CONNECTION_ETL_TOKEN, or no longer"],
  [403, "airflow-v2", "bearer", "the token of MILLRACE_CONNECTION_ETL_TOKEN, or whose it is"],
  [401, "dagster", "header", "the token of MILLRACE_CONNECTION_ETL_TOKEN"],
  [401, "airflow-v1", "basic", "not take the user and the password of MILLRACE_CONNECTION_ETL"],
  [403, "airflow-v2", "airflow-login", "the user of MILLRACE_CONNECTION_ETL may not"],
  [401, "github", "bearer", "set a new one"],
])("a %s of %s to who asks by %s says what to mend", (status, system, credential, mend) => {
  expect(refusalMend(status, { system, connection: "etl" }, credential)).toContain(mend);
});

test.each<[number, RunSystemName, string | null]>([
  [404, "airflow-v2", "etl"],
  [502, "airflow-v2", "etl"],
  // It may have been asked too often.
  [403, "github", "ci"],
  [401, "http-json", null],
])("a %s of %s at connection %s is no matter of a variable", (status, system, connection) => {
  expect(refusalMend(status, { system, connection }, "bearer")).toBeNull();
});

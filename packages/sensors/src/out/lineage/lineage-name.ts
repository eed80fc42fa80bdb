import { parseUriTemplate } from "@millrace/core/internal";

/** How OpenLineage names a dataset or a job. */
export interface LineageName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The pair by which OpenLineage knows a dataset, from its declared URI (with its slots, so that
 * all partitions are one dataset; which partition it was is said by the `subset` facet). A dataset
 * without a URI, or with one that nothing else would name alike, is
 * `millrace://{namespace}` + its name.
 *
 * @param dataset - `namespace/name`.
 * @see https://openlineage.io/docs/spec/naming: S3 is `s3://{bucket}` + key, PostgreSQL
 *   `postgres://{host}:{port}` + `{database}.{schema}.{table}`, a local file `file` + its path.
 */
export function lineageDatasetName(dataset: string, uri: string | null): LineageName {
  const parsed = uri === null ? null : parseUriTemplate(uri);
  if (parsed === null || !parsed.ok) return withoutUri(dataset);
  const { scheme, authority, path } = parsed;
  const parts = path.split("/").filter((part) => part !== "");
  switch (scheme) {
    case "file":
      return { namespace: authority === "" ? "file" : `file://${authority}`, name: `/${path}` };
    case "postgres":
    case "postgresql":
      return inDatabase(`postgres://${withPort(authority, 5_432)}`, postgresName(parts));
    case "mysql":
      return inDatabase(`mysql://${withPort(authority, 3_306)}`, parts.join("."));
    case "bigquery":
      return inDatabase("bigquery", [authority, ...parts].join("."));
    case "snowflake":
      return inDatabase(`snowflake://${authority}`, parts.join("."));
    case "kafka":
      return inDatabase(`kafka://${withPort(authority, 9_092)}`, path);
    default:
      return inDatabase(`${scheme}://${authority}`, path);
  }
}

/** `{pipeline}` or `{pipeline}.{task}` in its namespace, as Airflow's integration names its jobs. */
export function lineageJobName(pipeline: string, task?: string): LineageName {
  const slash = pipeline.indexOf("/");
  const name = pipeline.slice(slash + 1);
  return {
    namespace: slash < 0 ? "default" : pipeline.slice(0, slash),
    name: task === undefined ? name : `${name}.${task}`,
  };
}

function withoutUri(dataset: string): LineageName {
  const { namespace, name } = lineageJobName(dataset);
  return { namespace: `millrace://${namespace}`, name };
}

/** A bucket or a server as a whole is its root. */
function inDatabase(namespace: string, name: string): LineageName {
  return { namespace, name: name === "" ? "/" : name };
}

/** What names no schema is in the one that Postgres looks in first. */
function postgresName(parts: readonly string[]): string {
  const [database, table] = parts;
  return parts.length === 2 ? `${database}.public.${table}` : parts.join(".");
}

function withPort(authority: string, port: number): string {
  return authority === "" || /:\d+$/.test(authority) ? authority : `${authority}:${port}`;
}

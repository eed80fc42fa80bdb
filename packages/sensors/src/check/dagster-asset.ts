import { type Instant, isRecord, type JsonValue } from "@millrace/core/internal";
import type { AskRunsDeps } from "./ask-runs.ts";
import type { Observation } from "./observation.ts";
import { listOf, textOf } from "./read-members.ts";
import type { RunTarget } from "./run-check.ts";
import type { SystemRequest } from "./run-system.ts";

/** A wait for a materialization of an asset in Dagster. JSON. */
export interface DagsterAssetCheck {
  readonly target: RunTarget;
  /** The asset's key. */
  readonly asset: readonly string[];
  /** Null: of any partition, or of none. */
  readonly partition: string | null;
  /** Earlier ones do not count; null: all do. */
  readonly since: Instant | null;
}

/** Assets in one document: what is more is asked in the next. */
const ASSETS_MAX = 20;

/**
 * Asks a Dagster for the newest materialization of each asset, many in one document.
 *
 * @see https://docs.dagster.io/api/graphql `assetOrError(assetKey)` and its
 * `assetMaterializations(partitions, limit)`, whose `timestamp` is milliseconds as text
 */
export async function askDagsterAssets(
  checks: readonly DagsterAssetCheck[],
  deps: AskRunsDeps,
): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  for (let first = 0; first < checks.length; first += ASSETS_MAX) {
    const asked = checks.slice(first, first + ASSETS_MAX);
    const result = await deps.ask(requestOf(asked));
    const at = deps.now();
    for (const [place, check] of asked.entries()) {
      if (result.ok) observations.push(readDagsterAsset(check, `q${place}`, result.value, at));
      else observations.push(unreachable(result.failure.message, at));
    }
  }
  return observations;
}

function requestOf(checks: readonly DagsterAssetCheck[]): SystemRequest {
  const declared = checks.map((_check, at) => `$k${at}: AssetKeyInput!, $p${at}: [String!]`);
  const asked = checks.map(
    (_check, at) =>
      `q${at}: assetOrError(assetKey: $k${at}) { __typename ... on Asset ` +
      `{ assetMaterializations(partitions: $p${at}, limit: 1) { runId timestamp } } }`,
  );
  const variables: Record<string, JsonValue> = {};
  for (const [at, { asset, partition }] of checks.entries()) {
    variables[`k${at}`] = { path: asset };
    variables[`p${at}`] = partition === null ? null : [partition];
  }
  const query = `query MillraceAssets(${declared.join(", ")}) { ${asked.join(" ")} }`;
  return { method: "POST", path: "/graphql", body: { query, variables } };
}

/** What an answer means for the check that was asked under an alias. */
export function readDagsterAsset(
  check: DagsterAssetCheck,
  alias: string,
  answer: JsonValue,
  at: Instant,
): Observation {
  const { asset, partition, since, target } = check;
  const data: unknown = isRecord(answer) ? answer["data"] : null;
  const found: unknown = isRecord(data) ? data[alias] : null;
  const name = asset.join("/");
  const url = `${target.baseUrl}/assets/${asset.map(encodeURIComponent).join("/")}`;
  const missing = { type: "missing", url, at } as const;
  if (textOf(found, "__typename") === "AssetNotFoundError")
    return { ...missing, said: `no asset ${name}` };
  const listed = isRecord(found) ? listOf(found as JsonValue, "assetMaterializations") : null;
  if (listed === null) return unreachable("its answer tells nothing of the asset", at);
  const newest = listed[0] ?? null;
  const madeAt = Number(textOf(newest, "timestamp") ?? NaN);
  const of = partition === null ? name : `${name} for partition ${partition}`;
  if (newest === null) return { ...missing, said: `no materialization of ${of}` };
  if (!Number.isSafeInteger(madeAt)) return unreachable("its answer holds no timestamp", at);
  const when = new Date(madeAt).toISOString();
  if (since !== null && madeAt < since)
    return { ...missing, said: `the newest materialization of ${of} is of ${when}` };
  const runId = textOf(newest, "runId");
  return { type: "succeeded", value: { asset, partition, runId, at: when }, url, at };
}

function unreachable(said: string, at: Instant): Observation {
  return { type: "unreachable", said, url: null, at };
}

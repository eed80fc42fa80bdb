import { definitionInvalid } from "@millrace/core/internal";
import type { ExternalCheck } from "@millrace/core";
import type { DagsterAssetCheck } from "../check/dagster-asset.ts";
import type { FileCheck } from "../check/file-check.ts";
import type { HttpCheck } from "../check/http-check.ts";
import type { RunCheck, RunKind } from "../check/run-check.ts";
import type { RunMatchSpec } from "../check/run-match.ts";
import type { S3Check } from "../check/s3-check.ts";
import type { SqlCheck } from "../check/sql-check.ts";
import type { TimeCheck } from "../check/time-check.ts";
import type { StoredPolicies } from "./sensor-policies.ts";

/** A wait for runs, before it is known who waits and where the other system is. */
export interface RunAsk extends Omit<RunCheck, "target" | "match"> {
  readonly connection: string;
  readonly match: RunMatchSpec;
  /** Its value is a list, however many there are. */
  readonly isSeveral: boolean;
}

export interface AssetAsk extends Pick<DagsterAssetCheck, "asset" | "partition"> {
  readonly connection: string;
  /** What is older than so much before the wait began does not count; null: all does. */
  readonly sinceMs: number | null;
}

/** With a connection, `url` is what comes behind that of the connection. */
export interface HttpAsk extends HttpCheck {
  readonly connection: string | null;
}

export interface S3Ask extends Omit<S3Check, "connection" | "since"> {
  readonly connection: string | null;
  readonly sinceMs: number | null;
}

/** What each kind of check asks, as it is stored. */
export interface AskOf extends Record<RunKind, RunAsk> {
  readonly "dagster-asset": AssetAsk;
  readonly http: HttpAsk;
  readonly sql: SqlCheck;
  readonly s3: S3Ask;
  readonly file: FileCheck;
  readonly time: TimeCheck;
}

export type CheckKind = keyof AskOf;

/** A check as it is stored: plain JSON without secrets. */
export interface StoredCheck<K extends CheckKind = CheckKind> {
  readonly kind: K;
  readonly target: string;
  readonly ask: AskOf[K];
  readonly policies: StoredPolicies;
  /** Where answers are remembered. */
  readonly memory?: string;
}

/**
 * Ends the building of a check.
 *
 * @throws {DEFINITION_INVALID} When there are problems.
 */
export function built<V, K extends CheckKind>(
  check: StoredCheck<K>,
  problems: readonly (string | null)[],
): ExternalCheck<V> {
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0)
    throw definitionInvalid(found.map((problem) => `A check of ${check.kind}: ${problem}`));
  return check;
}

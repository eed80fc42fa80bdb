import type { ExternalCheck } from "@millrace/core";
import { parseDurationMs } from "@millrace/core/internal";
import { connectionNameProblem } from "../connection/connection.ts";
import { type SensorPolicyOptions, toPolicies } from "./sensor-policies.ts";
import { built, type S3Ask } from "./stored-check.ts";

export interface S3CheckOptions extends SensorPolicyOptions {
  readonly bucket: string;
  /**
   * `MILLRACE_CONNECTION_<NAME>` is the URL of a server that speaks S3, with key and secret as its
   * user and password, and `?region=` if it wants one. Unless given, what the AWS SDK finds by
   * itself.
   */
  readonly connection?: string;
  /** Smaller objects do not count; 0 unless given. */
  readonly bytesMin?: number;
  /** Nor do those that are older than so long before the wait began (`1h`, `0s`). */
  readonly since?: string;
}

/** Objects that were waited for; the first ten of them by name. */
export interface S3Value {
  readonly bucket: string;
  readonly count: number;
  readonly objects: readonly {
    readonly key: string;
    readonly etag: string | null;
    readonly bytes: number | null;
  }[];
}

/**
 * Waits for one object. Who waits for many objects of a kind rather declares a dataset, whose
 * events start runs by themselves.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example s3Key({ bucket: "landing", key: "orders/_SUCCESS", since: "0s" });
 */
export function s3Key(options: S3CheckOptions & { readonly key: string }): ExternalCheck<S3Value> {
  return s3Check(options, { type: "key", key: options.key });
}

/**
 * Waits for objects below a prefix: for `atLeast` so many, 1 unless given.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example s3Prefix({ bucket: "landing", prefix: "orders/2026-02-03/", atLeast: 24 });
 */
export function s3Prefix(
  options: S3CheckOptions & { readonly prefix: string; readonly atLeast?: number },
): ExternalCheck<S3Value> {
  const { prefix, atLeast = 1 } = options;
  return s3Check(options, { type: "prefix", prefix, atLeast });
}

const KEY_BYTES_MAX = 1_024;

function s3Check(options: S3CheckOptions, at: S3Ask["at"]): ExternalCheck<S3Value> {
  const { bucket, connection = null, bytesMin = 0, since } = options;
  const problems: string[] = [];
  const policies = toPolicies(options, problems);
  const sinceMs = since === undefined ? null : parseDurationMs(since);
  if (since !== undefined && sinceMs === null)
    problems.push(`${JSON.stringify(since)} is no duration; write one like "1h".`);
  if (!isBucket(bucket)) problems.push(`${JSON.stringify(bucket)} is no name of a bucket.`);
  const key = at.type === "key" ? at.key : at.prefix;
  if (typeof key !== "string" || Buffer.byteLength(key) > KEY_BYTES_MAX)
    problems.push(`Keys and prefixes are texts of at most ${KEY_BYTES_MAX} bytes.`);
  if (at.type === "key" && at.key === "") problems.push("Its key is empty; name the object.");
  if (at.type === "prefix" && !isCount(at.atLeast, 1))
    problems.push("The objects to wait for (atLeast) are a whole number from 1 to 10,000.");
  if (!Number.isSafeInteger(bytesMin) || bytesMin < 0)
    problems.push("Its bytesMin is no whole number of bytes.");
  const ask: S3Ask = { connection, bucket, at, bytesMin, sinceMs };
  const named = connection === null ? null : connectionNameProblem(connection);
  const target = connection === null ? bucket : `${bucket} of ${connection}`;
  return built({ kind: "s3", target, ask, policies }, [named, ...problems]);
}

function isBucket(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(name);
}

/** What is beyond ten pages of a listing is not found. */
function isCount(value: number, min: number): boolean {
  return Number.isInteger(value) && value >= min && value <= 10_000;
}

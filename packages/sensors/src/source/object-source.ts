import { definitionInvalid, parseDurationMs } from "@millrace/core/internal";
import { describeRedisList, type S3RedisEventSource } from "./s3-redis-event-source.ts";
import { type NamedSource, nameProblems, seal, SOURCE } from "./source-brand.ts";

/** How to reach the service. What is left out comes from the AWS SDK's own chain of defaults. */
export interface AwsAccess {
  readonly region?: string;
  /** Of a service that is not AWS itself, such as MinIO. */
  readonly endpoint?: string;
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3EventSourceOptions extends AwsAccess {
  /** Names the source in problems and dead letters. */
  readonly name: string;
  /** The SQS queue that the bucket, its SNS topic or EventBridge rule writes to. */
  readonly queueUrl: string;
  /** How long a poll waits for a message, 1 to 20; 20 unless told. Stopping does not wait. */
  readonly waitTimeSeconds?: number;
  /**
   * After how long a message that a dead process had in hand comes again, 1 to 43,200; 60 unless
   * told. It goes before what the queue says, and is extended as long as a commit takes. What the
   * queue's redrive policy gives up on is read by a source of its own on that other queue.
   */
  readonly visibilityTimeoutSeconds?: number;
}

export interface S3ListingSourceOptions extends AwsAccess {
  readonly name: string;
  readonly bucket: string;
  /** Only keys that begin so; unless told, what the datasets' URIs have in common. */
  readonly prefix?: string;
  /** From one listing to the next, such as `5m`; at least `1s`. */
  readonly every: string;
  /** Pages of 1,000 keys in one go, 1 to 10,000; 100 unless told. The next go takes up there. */
  readonly pagesMax?: number;
}

/** Objects that a queue tells of. Data only: nothing runs until `startObjectSource`. */
export interface S3EventSource extends NamedSource, AwsAccess {
  readonly type: "s3-events";
  readonly queueUrl: string;
  readonly waitTimeSeconds: number;
  readonly visibilityTimeoutSeconds: number;
}

/** Objects that are found by listing a bucket. Data only, like {@link S3EventSource}. */
export interface S3ListingSource extends NamedSource, AwsAccess {
  readonly type: "s3-listing";
  readonly bucket: string;
  readonly prefix: string | null;
  readonly everyMs: number;
  readonly pagesMax: number;
}

export type ObjectSource = S3EventSource | S3RedisEventSource | S3ListingSource;

/**
 * Takes object events from an SQS queue: the buckets that notify it, by themselves, through SNS
 * or through EventBridge. Every project whose datasets lie in S3 wants one; a listing source
 * beside it finds what no event told.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const landing = s3EventSource({
 *   name: "landing",
 *   queueUrl: "https://sqs.eu-central-1.amazonaws.com/111122223333/landing",
 * });
 */
export function s3EventSource(options: S3EventSourceOptions): S3EventSource {
  const { name, queueUrl, waitTimeSeconds = 20, visibilityTimeoutSeconds = 60 } = options;
  const problems = [...nameProblems(name, "s3EventSource")];
  if (!isWebAddress(queueUrl))
    problems.push(
      `Source ${name}: ${JSON.stringify(queueUrl)} is no queue URL; copy it from SQS, like "https://sqs.<region>.amazonaws.com/<account>/<queue>".`,
    );
  if (!isWithin(waitTimeSeconds, 1, 20))
    problems.push(`Source ${name}: waitTimeSeconds is a whole number from 1 to 20.`);
  if (!isWithin(visibilityTimeoutSeconds, 1, 43_200))
    problems.push(
      `Source ${name}: visibilityTimeoutSeconds is a whole number from 1 to 43,200, which is 12 hours.`,
    );
  if (problems.length > 0) throw definitionInvalid(problems);
  const polling = { waitTimeSeconds, visibilityTimeoutSeconds };
  return withAccess({ type: "s3-events", name, queueUrl, ...polling }, options);
}

/**
 * Lists a bucket again and again, to find objects that no event told of: those from before the
 * notifications were set up, and those whose event was lost. It does not find removals.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const sweep = s3ListingSource({ name: "sweep", bucket: "lake", every: "5m" });
 */
export function s3ListingSource(options: S3ListingSourceOptions): S3ListingSource {
  const { name, bucket, prefix = null, every, pagesMax = 100 } = options;
  const everyMs = parseDurationMs(every) ?? 0;
  const problems = [...nameProblems(name, "s3ListingSource")];
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(bucket))
    problems.push(`Source ${name}: ${JSON.stringify(bucket)} is no name of a bucket.`);
  if (everyMs < 1_000)
    problems.push(
      `Source ${name}: every is ${JSON.stringify(every)}; write a duration of a second or more, like "5m".`,
    );
  if (!isWithin(pagesMax, 1, 10_000))
    problems.push(`Source ${name}: pagesMax is a whole number from 1 to 10,000.`);
  if (problems.length > 0) throw definitionInvalid(problems);
  return withAccess({ type: "s3-listing", name, bucket, prefix, everyMs, pagesMax }, options);
}

/** True for what the functions above return, also across duplicate installs of this package. */
export function isObjectSource(value: unknown): value is ObjectSource {
  return typeof value === "object" && value !== null && SOURCE in value;
}

/** A source in words, without its credentials. */
export function describeObjectSource(source: ObjectSource): string {
  switch (source.type) {
    case "s3-events":
      return `${source.name}: events from ${source.queueUrl}`;
    case "s3-redis-events":
      return `${source.name}: events from ${describeRedisList(source)}`;
    case "s3-listing":
      return `${source.name}: listings of s3://${source.bucket}/${source.prefix ?? ""}`;
  }
}

function withAccess<const T extends object>(source: T, access: AwsAccess): T & NamedSource {
  const { region, endpoint, credentials } = access;
  const reach = {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  };
  return seal({ ...source, ...reach }, credentials === undefined ? {} : { credentials });
}

function isWebAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

import { definitionInvalid } from "@millrace/core/internal";
import { type NamedSource, nameProblems, seal } from "./source-brand.ts";

export interface S3RedisEventSourceOptions {
  /** Names the source in problems and dead letters. */
  readonly name: string;
  /** Where Redis 6.2 or newer is, `redis://` or `rediss://`, with the password if there is one. */
  readonly url: string;
  /** The list that MinIO pushes to: its `MINIO_NOTIFY_REDIS_KEY`. 1 to 256 characters. */
  readonly key: string;
}

/** Objects that a list in Redis tells of. Data only: nothing runs until `startObjectSource`. */
export interface S3RedisEventSource extends NamedSource {
  readonly type: "s3-redis-events";
  /** Not shown in logs or JSON: it may hold a password. */
  readonly url: string;
  readonly key: string;
}

/**
 * Takes object events from a list in Redis, where MinIO puts them: its Redis target in the
 * format `access` (the other one, `namespace`, keeps no list). A listing source beside it finds
 * what no event told; with more than one MinIO server it also settles what events cannot, because
 * those are ordered by clocks that nothing synchronises.
 *
 * Any number of processes may share a list. An event leaves Redis after its update is committed;
 * until then it is in `<key>:processing:<process>`, and what a process left there when it died is
 * back at the end of the list about a minute later. The names `<key>:arrived`, `<key>:consumers`
 * and `<key>:processing:*` belong to the source.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const landing = s3RedisEventSource({
 *   name: "landing",
 *   url: "redis://localhost:6379",
 *   key: "lake-events",
 * });
 */
export function s3RedisEventSource(options: S3RedisEventSourceOptions): S3RedisEventSource {
  const { name, url, key } = options;
  const problems = [...nameProblems(name, "s3RedisEventSource")];
  if (!isRedisAddress(url))
    problems.push(
      // Not repeated: it may hold a password.
      `Source ${name}: the url is not one of Redis; write it like "redis://user:password@host:6379/0", or with "rediss:" for TLS.`,
    );
  if (key.length < 1 || key.length > 256)
    problems.push(`Source ${name}: key is the name of a list in Redis, 1 to 256 characters.`);
  if (problems.length > 0) throw definitionInvalid(problems);
  return seal({ type: "s3-redis-events", name, key }, { url });
}

/** Where the list is, without user and password. */
export function describeRedisList({ url, key }: S3RedisEventSource): string {
  const { protocol, host, pathname } = new URL(url);
  return `the list ${key} of ${protocol}//${host}${pathname}`;
}

function isRedisAddress(text: string): boolean {
  const address = URL.parse(text);
  return /^rediss?:$/.test(address?.protocol ?? "") && address?.hostname !== "";
}

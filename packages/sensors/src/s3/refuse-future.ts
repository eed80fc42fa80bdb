import type { Instant } from "@millrace/core/internal";
import type { S3Message } from "./parse-s3-message.ts";
import { poison, type S3Record } from "./s3-record.ts";

/** Clocks differ by seconds; a day is a broken one, or a forged event. */
const AHEAD_MS_MAX = 86_400_000;

/**
 * Takes records out whose time is more than a day ahead. What is believed of such a time would
 * stand for as long: where nothing but times orders events, all that comes until then would be
 * taken for old.
 */
export function refuseFuture(message: S3Message, now: Instant): S3Message {
  if (message.type !== "objects") return message;
  const [records, ahead] = [message.records.filter(isDue), message.records.filter(isAhead)];
  if (ahead.length === 0) return message;
  const reasons = [...message.poison, ...ahead.map(reasonOf)];
  return records.length === 0
    ? poison(reasons.join("; "))
    : { type: "objects", records, poison: reasons };

  function isAhead({ at }: S3Record): boolean {
    return at - now > AHEAD_MS_MAX;
  }

  function isDue(record: S3Record): boolean {
    return !isAhead(record);
  }
}

function reasonOf({ event, bucket, key, at }: S3Record): string {
  return `${event} of ${bucket}/${key} has a time more than a day ahead, ${new Date(at).toISOString()}`;
}

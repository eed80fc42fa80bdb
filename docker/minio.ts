import { s3ListingSource, s3RedisEventSource } from "@millrace/sensors";

/**
 * How docker-compose.yml hears of objects: MinIO pushes its events to this list. It can notify
 * Kafka, webhooks and more, but not SQS; with a bucket of Amazon's, an `s3EventSource` takes the
 * place of this.
 */
export const lakeEvents = s3RedisEventSource({
  name: "lake-events",
  url: process.env["MILLRACE_REDIS_URL"] ?? "redis://127.0.0.1:6379",
  key: "lake-events",
});

/** Finds what no event told of: objects from before the notifications, or whose event was lost. */
export const lakeSweep = s3ListingSource({ name: "lake-sweep", bucket: "lake", every: "5m" });

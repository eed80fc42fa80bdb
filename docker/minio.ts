import { s3ListingSource } from "@millrace/sensors";

/**
 * How docker-compose.yml hears of objects. MinIO notifies Redis, Kafka, webhooks and more, but not
 * SQS, which is what Millrace listens to; so its bucket is listed often. With a bucket of Amazon's,
 * an `s3EventSource` takes the place of this, and a listing every few minutes catches what it missed.
 */
export const lakeListing = s3ListingSource({ name: "lake-listing", bucket: "lake", every: "5s" });

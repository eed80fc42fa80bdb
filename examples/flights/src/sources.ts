import { s3EventSource, s3ListingSource } from "@millrace/sensors";

/** The queue that the bucket notifies of each object that is written or removed. */
export const lakeEvents = s3EventSource({
  name: "lake-events",
  queueUrl: process.env["LAKE_QUEUE_URL"] ?? "http://127.0.0.1:4566/000000000000/lake-events",
});

/** Finds what no event told of: objects from before the queue, or whose event was lost. */
export const lakeSweep = s3ListingSource({ name: "lake-sweep", bucket: "lake", every: "1m" });

/** Sources of objects, on a server in this process that speaks S3 and SQS. */
import { startS3Server } from "@millrace/testing/s3-server";
import { describe } from "vitest";
import { describeEvents, describeListings, type S3Place } from "./s3-source-cases.ts";

const PLACE: S3Place = {
  start: () =>
    startS3Server({
      buckets: ["lake"],
      queues: ["landing"],
      notify: [{ bucket: "lake", queue: "landing" }],
      visibilityTimeoutSeconds: 1,
    }),
  keys: ["files/a b+c.csv", "files/é=100%.csv", "files/.hidden", "files/a//b", "files/[x]!#"],
};

describe("events from a queue", () => {
  describeEvents(PLACE);
});
describe("listings", () => {
  describeListings(PLACE);
});

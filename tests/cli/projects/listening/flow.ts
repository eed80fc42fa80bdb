import { dataset, pipeline, updated } from "@millrace/core";
import { s3RedisEventSource } from "@millrace/sensors";

const scans = dataset("scans", { uri: "s3://lake/scans.csv" });

export const events = s3RedisEventSource({
  name: "lake-events",
  url: process.env["LAKE_REDIS_URL"] ?? "redis://127.0.0.1:6379",
  key: `lake-events-${process.env["LAKE_KEY"]}`,
});

export const count = pipeline("count", { on: { scans: updated(scans) } }, ({ task }) =>
  task("rows", () => 1),
);

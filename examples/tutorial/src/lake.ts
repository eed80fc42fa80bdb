import { dataset, monthly, daily, pipeline, rollup, updated } from "@millrace/core";
import { s3EventSource } from "@millrace/sensors";

const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });

/** Each object `s3://lake/sales/<day>.csv` that is written becomes an update of that day. */
export const sales = dataset("sales", {
  uri: "s3://lake/sales/{day}.csv",
  partitions: { day },
});

export const readSales = pipeline(
  "read-sales",
  { partitions: { month }, on: { sales: updated(sales.as({ month: rollup("day", month) })) } },
  ({ task }) => {
    task("read", ({ received, run, log }) => {
      for (const { uri } of received(sales))
        log.info(`arrived for ${run.partition.month}`, { uri });
    });
  },
);

/** The queue that the bucket tells of its objects. */
export const lakeEvents = s3EventSource({
  name: "lake-events",
  queueUrl: process.env["LAKE_QUEUE_URL"] ?? "http://127.0.0.1:4566/000000000000/lake-events",
});

import { all, dataset, daily, event, pipeline, published, updated } from "@millrace/core";
import { z } from "zod";

const day = daily({ start: "2026-01-01" });
const raw = dataset("raw", {
  uri: "s3://lake/raw/{date}.csv",
  partitions: { date: day },
  metadata: z.object({ rows: z.number().int() }),
});
const orders = dataset("orders", { partitions: { date: day } });
const prices = dataset("prices", { partitions: { date: day } });
const stale = event("prices.stale", { data: z.object({ days: z.number() }) });

export const build = pipeline(
  "build",
  { partitions: { date: day }, on: { raw: updated(raw) } },
  ({ task }) => {
    task("load", { produces: { orders } }, ({ received }) => received(raw).at(-1)?.metadata.rows);
  },
);

export const report = pipeline(
  "report",
  { partitions: { date: day }, on: { both: updated(all(orders, prices)) } },
  ({ task }) => task("print", ({ run }) => run.partition.date),
);

export const reprice = pipeline("reprice", { on: { stale: published(stale) } }, ({ task }) =>
  task("ask", ({ received }) => received(stale).at(-1)?.data.days ?? 0),
);

export const greet = pipeline(
  "greet",
  { params: z.object({ name: z.string(), times: z.number().default(1) }) },
  ({ task }) => task("say", ({ params, log }) => (log.info("greeting"), params)),
);

export const fall = pipeline("fall", {}, ({ task }) => {
  task("trip", { retries: { limit: 1, delay: "10ms" } }, () => {
    throw new TypeError("there was a step");
  });
});

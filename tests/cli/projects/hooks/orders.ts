import { dataset, daily, pipeline, updated } from "@millrace/core";
import { jsonHook } from "@millrace/sensors";

const day = daily({ start: "2026-01-01" });
const orders = dataset("orders", { partitions: { date: day } });

export const posted = jsonHook({
  name: "orders",
  secrets: ["ORDERS_SECRET", "ORDERS_SECRET_NEXT"],
  becomes: {
    type: "update",
    dataset: "default/orders",
    partition: { date: { at: "/day" } },
    metadata: "/about",
  },
});

export const report = pipeline(
  "report",
  { partitions: { date: day }, on: { orders: updated(orders) } },
  ({ task }) => task("print", ({ run }) => run.partition.date),
);

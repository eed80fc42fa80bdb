import { daily, dataset, event, pipeline, published, updated } from "@millrace/core";
import { cloudEventsOut, natsSource, postgresSource } from "@millrace/sensors";

const day = daily({ start: "2026-01-01" });
const orders = dataset("orders", { partitions: { date: day } });
const returned = event("order.returned");

export const placed = natsSource({
  name: "placed",
  connection: "bus",
  stream: "ORDERS",
  consumer: "millrace",
  subject: "orders.placed",
  becomes: {
    type: "update",
    dataset: "default/orders",
    partition: { date: { at: "/day" } },
    metadata: "/summary",
  },
});

export const returns = postgresSource({
  name: "returns",
  connection: "shop",
  table: "public.return_outbox",
  becomes: { type: "event", name: "order.returned", data: "/order" },
});

export const warehouse = natsSource({
  name: "warehouse",
  servers: ["nats://bus-1.internal:4222", "nats://bus-2.internal:4222"],
  stream: "WAREHOUSE",
  consumer: "millrace",
  rules: [
    {
      type: "com.example.order.returned",
      becomes: { type: "event", name: "order.returned", data: "/data" },
    },
  ],
});

export const bus = cloudEventsOut("bus", {
  nats: { connection: "bus", subject: "millrace.facts" },
  events: ["dev.millrace.dataset.*", "order.returned"],
});

export const report = pipeline(
  "report",
  { partitions: { date: day }, on: { orders: updated(orders) } },
  ({ task }) => task("print", ({ run }) => run.partition.date),
);

export const refund = pipeline("refund", { on: { returned: published(returned) } }, ({ task }) =>
  task("pay", ({ received }) => received(returned).length),
);

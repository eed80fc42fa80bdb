import { dataset, pipeline, updated } from "@millrace/core";
import { natsSource, postgresSource } from "@millrace/sensors";

const orders = dataset("orders");
const becomes = { type: "update", dataset: "default/orders", uri: { at: "/n" } } as const;

export const placed = natsSource({
  name: "placed",
  connection: "bus",
  stream: process.env["BUS_STREAM"] ?? "ORDERS",
  consumer: "millrace",
  becomes,
});

export const outbox = postgresSource({
  name: "outbox",
  connection: "shop",
  table: "order_outbox",
  becomes,
});

export const count = pipeline("count", { on: { orders: updated(orders) } }, ({ task }) =>
  task("rows", () => 1),
);

import { daily, dataset, event, pipeline, published, updated } from "@millrace/core";
import { cloudEventsHook, jsonHook, minioHook, snsHook } from "@millrace/sensors";

const day = daily({ start: "2026-01-01" });
const orders = dataset("orders", { partitions: { date: day } });
const scans = dataset("scans", { uri: "s3://lake/scans/{date}.csv", partitions: { date: day } });
const returned = event("order.returned");

export const shop = jsonHook({
  name: "shop",
  secrets: ["SHOP_SECRET"],
  becomes: {
    type: "update",
    dataset: "default/orders",
    partition: { date: { at: "/day" } },
    metadata: "/summary",
  },
});

export const warehouse = cloudEventsHook({
  name: "warehouse",
  tokens: ["WAREHOUSE_TOKEN"],
  rules: [
    {
      type: "com.example.order.returned",
      becomes: { type: "event", name: "order.returned", data: "/data" },
    },
  ],
});

export const landing = snsHook({
  name: "landing",
  topics: ["arn:aws:sns:eu-central-1:111122223333:landing"],
  becomes: "objects",
});

export const lake = minioHook({ name: "lake", tokens: ["LAKE_TOKEN", "LAKE_TOKEN_NEXT"] });

export const report = pipeline(
  "report",
  { partitions: { date: day }, on: { orders: updated(orders), scans: updated(scans) } },
  ({ task }) => task("print", ({ run }) => run.partition.date),
);

export const refund = pipeline("refund", { on: { returned: published(returned) } }, ({ task }) =>
  task("pay", ({ received }) => received(returned).length),
);

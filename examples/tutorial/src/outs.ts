import { cron, dataset, event, namespace, pipeline } from "@millrace/core";
import { openLineageOut, webhook, webhookOut } from "@millrace/sensors";
import { z } from "zod";

export const crm = webhookOut("crm", {
  url: "http://127.0.0.1:9000/crm",
  secrets: ["CRM_SECRET"],
  events: ["dev.millrace.dataset.*", "dev.millrace.pipeline.run.failed.v1", "order.*"],
});

export const lineage = openLineageOut("lineage", { file: "/tmp/lineage.jsonl", namespace: "shop" });

const ops = namespace("ops", {
  alerts: [webhook({ name: "pager", url: "PAGER_URL", secrets: ["CRM_SECRET"] })],
});

const orders = dataset("orders", { metadata: z.object({ count: z.number() }) });
const shipped = event("order.shipped", { data: z.object({ count: z.number() }) });

export const takeOrders = pipeline(
  "take-orders",
  { namespace: ops, on: { minutely: cron("* * * * *") } },
  ({ task }) => {
    task("count", { produces: { orders } }, async ({ produces }) => {
      await produces.orders.update({ metadata: { count: 7 } });
    });
  },
);

export const ship = pipeline("ship", { namespace: ops, on: { orders } }, ({ task }) => {
  const send = task("send", { produces: { shipped } }, async ({ received, produces }) => {
    const count = received(orders).at(-1)?.metadata.count ?? 0;
    await produces.shipped.publish({ count });
  });
  task("label", { needs: { send } }, () => {
    throw new Error("the printer is out of paper");
  });
});

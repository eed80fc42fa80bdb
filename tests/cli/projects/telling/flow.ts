import { dataset, namespace, pipeline } from "@millrace/core";
import { webhook, webhookOut } from "@millrace/sensors";

/** Given by who runs this. */
const RECEIVER = process.env["RECEIVER_URL"] ?? "http://127.0.0.1:9";

export const crm = webhookOut("crm", {
  url: `${RECEIVER}/crm`,
  secrets: ["CRM_SECRET"],
  events: ["dev.millrace.*"],
});

const ops = namespace("ops", {
  alerts: [webhook({ name: "pager", url: "PAGER_URL", secrets: ["CRM_SECRET"] })],
});
const orders = dataset("orders");

export const take = pipeline("take", { namespace: ops }, ({ task }) => {
  task("count", { produces: { orders } }, async ({ produces }) => {
    await produces.orders.update();
  });
});

export const ship = pipeline("ship", { namespace: ops, on: { orders } }, ({ task }) => {
  task("label", () => {
    throw new Error("the printer is out of paper");
  });
});

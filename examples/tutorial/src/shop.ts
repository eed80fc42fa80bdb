import { dataset, datasetRef, pipeline } from "@millrace/core";

const orders = dataset("orders");
const invoices = dataset("invoices");
/** Declared in finance.ts, which another team deploys. */
const credit = datasetRef("credit");

export const takeOrders = pipeline("take-orders", { on: { credit } }, ({ task }) => {
  task("take", { produces: { orders } }, () => null);
});

export const writeInvoices = pipeline("write-invoices", { on: { orders } }, ({ task }) => {
  task("write", { produces: { invoices } }, () => null);
});

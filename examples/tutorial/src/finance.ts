import { dataset, datasetRef, pipeline } from "@millrace/core";

/** Declared in shop.ts, which another team deploys. */
const invoices = datasetRef("invoices");
const credit = dataset("credit");

export const grantCredit = pipeline("grant-credit", { on: { invoices } }, ({ task }) => {
  task("grant", { produces: { credit } }, () => null);
});

import path from "node:path";
import { pipeline } from "@millrace/core";
import { file } from "@millrace/sensors";

/** Where the file comes to; given by who runs this. */
const DROP = path.join(process.env["DROP_DIRECTORY"] ?? "/nowhere", "orders.csv");

export const drop = pipeline("drop", {}, ({ sensor, task }) => {
  const orders = sensor("orders", {
    check: file(DROP, { bytesMin: 1 }),
    every: "1s",
    timeout: "1m",
  });
  return task("count", { needs: { orders } }, ({ needs }) => needs.orders.bytes);
});

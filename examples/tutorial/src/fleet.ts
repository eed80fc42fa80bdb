import { setTimeout as sleep } from "node:timers/promises";
import { dataset, pipeline } from "@millrace/core";

export const boxes = dataset("boxes");

/** Eight items of five seconds each, for as many workers as there are. */
export const pack = pipeline("pack", {}, ({ task, map }) => {
  const list = task("list", () => ["a", "b", "c", "d", "e", "f", "g", "h"]);
  const box = map("box", { over: list }, async ({ item, log, signal }) => {
    log.info(`packing ${item}`, { process: process.pid });
    await sleep(5_000, null, { signal });
    return item;
  });
  task("close", { needs: { box }, produces: { boxes } }, ({ needs }) => needs.box.join(""));
});

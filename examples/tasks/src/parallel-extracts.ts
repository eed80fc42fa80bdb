import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "@millrace/core";

/** What a source takes to answer, and what it has. */
const SOURCES = {
  orders: { ms: 900, rows: 1_200 },
  stock: { ms: 600, rows: 340 },
  prices: { ms: 300, rows: 85 },
} as const;

async function extract(source: keyof typeof SOURCES, signal: AbortSignal) {
  const startedAt = Date.now();
  await sleep(SOURCES[source].ms, null, { signal });
  return { rows: SOURCES[source].rows, startedAt, endedAt: Date.now() };
}

/** Three sources at once: the whole takes as long as the slowest of them, and the join. */
export const extractAll = pipeline("extract-all", {}, ({ task, group }) => {
  // One that fails cancels the others: half of the data is of no use to the join.
  const extracts = group("extracts", { failFast: true, timeout: "1m" });
  const orders = task("orders", { group: extracts }, ({ signal }) => extract("orders", signal));
  const stock = task("stock", { group: extracts }, ({ signal }) => extract("stock", signal));
  const prices = task("prices", { group: extracts }, ({ signal }) => extract("prices", signal));
  return task("join", { needs: [orders, stock, prices] }, ({ needs, log }) => {
    const rows = needs.reduce((sum, each) => sum + each.rows, 0);
    const makespanMs =
      Math.max(...needs.map(({ endedAt }) => endedAt)) -
      Math.min(...needs.map(({ startedAt }) => startedAt));
    const sequentialMs = needs.reduce((sum, each) => sum + each.endedAt - each.startedAt, 0);
    log.info("joined", { rows, makespanMs, sequentialMs });
    return { rows, makespanMs, sequentialMs };
  });
});

import { dataset, pipeline } from "@millrace/core";
import { z } from "zod";

export const sales = dataset("sales", { metadata: z.object({ rows: z.number().int() }) });

export const fetchSales = pipeline("fetch-sales", {}, ({ task }) => {
  const fetch = task("fetch", { retries: 3 }, async () => ["apple", "pear", "apple"]);
  task("save", { needs: { fetch }, produces: { sales } }, async ({ needs, produces }) => {
    await produces.sales.update({ metadata: { rows: needs.fetch.length } });
  });
});

export const countSales = pipeline("count-sales", { on: { sales } }, ({ task }) => {
  task("count", ({ received, log }) => {
    for (const update of received(sales)) log.info("counted", { rows: update.metadata.rows });
  });
});

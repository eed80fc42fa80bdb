import { cron, dataset, gt, pipeline, updated } from "@millrace/core";
import { z } from "zod";

export const prices = dataset("prices", { metadata: z.object({ euro: z.number() }) });

export const fetchPrices = pipeline(
  "fetch-prices",
  { on: { minutely: cron("* * * * *") } },
  ({ task }) => {
    task("fetch", { retries: 3, produces: { prices } }, async ({ produces }) => {
      await produces.prices.update({ metadata: { euro: 20 + Math.random() * 10 } });
    });
  },
);

const high = updated(prices.where({ metadata: { euro: gt(22) } }));
export const warn = pipeline("warn", { on: { high } }, ({ task }) => {
  task("say", ({ received, log }) => {
    log.warn("prices are high", { euro: received(prices).at(-1)?.metadata.euro ?? 0 });
  });
});

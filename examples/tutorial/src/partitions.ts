import { daily, dataset, monthly, pipeline, rollup, updated } from "@millrace/core";
import { z } from "zod";

const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });
const Rows = z.object({ rows: z.number().int() });

export const sales = dataset("sales", { partitions: { day }, metadata: Rows });
export const totals = dataset("totals", { partitions: { day }, metadata: Rows });

/** One run is one day: that of the update that started it. */
export const sumDay = pipeline("sum-day", { partitions: { day }, on: { sales } }, ({ task }) => {
  task("sum", { produces: { totals } }, async ({ received, produces }) => {
    const rows = received(sales).at(-1)?.metadata.rows ?? 0;
    await produces.totals.update({ metadata: { rows } });
  });
});

/** One run is one month: each day's totals lead to the month that the day lies in. */
export const sumMonth = pipeline(
  "sum-month",
  { partitions: { month }, on: { totals: updated(totals.as({ month: rollup("day", month) })) } },
  ({ task }) => {
    task("sum", ({ run, received, log }) => {
      const days = received(totals).map((update) => update.partition.day);
      log.info("summed", { month: run.partition.month, days });
    });
  },
);

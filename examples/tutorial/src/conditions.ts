import { all, daily, dataset, gt, pipeline, updated } from "@millrace/core";
import { z } from "zod";

const day = daily({ start: "2026-01-01" });

export const sales = dataset("sales", {
  partitions: { day },
  metadata: z.object({ shops: z.array(z.string()), rows: z.number().int() }),
});
export const rates = dataset("rates", { partitions: { day } });
export const report = dataset("report", { partitions: { day } });

/** Waits for sales and rates of one and the same day. A day without sales is no reason to run. */
const complete = updated(all(sales.where({ metadata: { rows: gt(0) } }), rates));

export const writeReport = pipeline(
  "write-report",
  { partitions: { day }, on: { complete } },
  ({ task, map, branch }) => {
    const find = task("find", ({ received }) => ({
      shops: received(sales).at(-1)?.metadata.shops ?? [],
    }));
    const count = map(
      "count",
      { over: find.at("shops"), retries: { limit: 2, delay: "200ms" } },
      ({ item, attempt }) => {
        if (item === "harbour" && attempt.number === 1) throw new Error("the line was busy");
        return { shop: item, sold: item.length * 100 };
      },
    );
    const size = branch("size", { needs: { count } }, ({ needs }) =>
      needs.count.length > 1 ? "chain" : "single",
    );
    task("compare", { needs: { count }, when: size.is("chain") }, ({ needs, log }) =>
      log.info("compared", { shops: needs.count.map(({ shop }) => shop) }),
    );
    task("write", { needs: { count }, produces: { report } }, ({ needs }) =>
      needs.count.reduce((sum, { sold }) => sum + sold, 0),
    );
  },
);

import { dataset, gt, pipeline, updated } from "@millrace/core";
import { z } from "zod";

const Sale = z.object({ shop: z.string(), euro: z.number() });
type Sale = z.infer<typeof Sale>;

export const sales = dataset("sales", {
  metadata: z.object({ rows: z.number().int(), sales: z.array(Sale) }),
});
export const totals = dataset("totals", {
  metadata: z.object({ byShop: z.record(z.string(), z.number()) }),
});

/** Takes in, and tells of it. It knows nothing of who reads it. */
export const etl = pipeline("etl", {}, ({ task }) => {
  const extract = task("extract", { retries: 3 }, (): string[] => [
    "harbour;12.50",
    "station;7.20",
    "harbour;3.10",
    "market;",
  ]);
  const clean = task("clean", { needs: { extract } }, ({ needs, log }) => {
    const parsed = needs.extract.map((line): Sale => {
      const [shop = "", euro = ""] = line.split(";");
      return { shop, euro: Number.parseFloat(euro) };
    });
    const kept = parsed.filter(({ euro }) => !Number.isNaN(euro));
    log.info("cleaned", { kept: kept.length, left: parsed.length - kept.length });
    return kept;
  });
  task("load", { needs: { clean }, produces: { sales } }, async ({ needs, produces }) => {
    await produces.sales.update({ metadata: { rows: needs.clean.length, sales: needs.clean } });
  });
});

/** Runs for each load that brought something. */
export const analytics = pipeline(
  "analytics",
  { on: { sales: updated(sales.where({ metadata: { rows: gt(0) } })) } },
  ({ task }) => {
    task("sum", { produces: { totals } }, async ({ received, produces }) => {
      const byShop: Record<string, number> = {};
      for (const { shop, euro } of received(sales).flatMap(({ metadata }) => metadata.sales)) {
        byShop[shop] = (byShop[shop] ?? 0) + euro;
      }
      await produces.totals.update({ metadata: { byShop } });
    });
  },
);

export const reporting = pipeline("reporting", { on: { totals } }, ({ task }) =>
  task("write", ({ received, log }) => {
    const rows = Object.entries(received(totals).at(-1)?.metadata.byShop ?? {});
    const lines = rows
      .toSorted(([, a], [, b]) => b - a)
      .map(([shop, euro]) => `${shop}: ${euro.toFixed(2)} €`);
    log.info(lines.join(", "));
    return lines;
  }),
);

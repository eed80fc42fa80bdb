/** What the workers of a soak run: a chain of updates, runs and tasks, and consumers that lag. */
import { dataset, pipeline, updated } from "@millrace/core";

const raw = dataset("raw");
const mid = dataset("mid");
const kept = dataset("kept");
const bulk = dataset("bulk");

export const refine = pipeline("refine", { on: { raw: updated(raw, { each: true }) } }, (build) => {
  const read = build.task("read", async () => ({ values: [1, 2, 3] }));
  build.task("load", { needs: { read }, produces: { mid } }, async (ctx) => {
    await ctx.produces.mid.update({});
  });
});

export const tell = pipeline("tell", { on: { mid: updated(mid, { each: true }) } }, (build) => {
  build.task("tell", async () => null);
});

/** Numbers of updates that wait are multiples of it, so that no batch stays open. */
export const LAGGING_BATCH = 100;
/** The one that is paused while updates come. */
export const KEPT_ACTIVE_MAX = 20;
export const catchUp = pipeline(
  "catch-up",
  {
    maxActiveRuns: KEPT_ACTIVE_MAX,
    on: { kept: updated(kept, { batch: { max: LAGGING_BATCH } }) },
  },
  (build) => {
    build.task("consume", async (ctx) => ctx.received(kept).length);
  },
);

export const drain = pipeline(
  "drain",
  { on: { bulk: updated(bulk, { batch: { max: LAGGING_BATCH } }) } },
  (build) => {
    build.task("consume", async (ctx) => ctx.received(bulk).length);
  },
);

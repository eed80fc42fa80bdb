import { event, pipeline, published } from "@millrace/core";
import { z } from "zod";

export const loadFailed = event("load.failed", {
  data: z.object({ run: z.string(), reason: z.string() }),
});

/** Loads what the partner sends. When it fails, somebody hears of it, and the run has failed. */
export const loadPartner = pipeline(
  "load-partner",
  { params: z.object({ rows: z.number().int().default(0) }) },
  ({ task }) => {
    const load = task(
      "load",
      { retries: { limit: 2, delay: "200ms", when: (error) => !(error instanceof RangeError) } },
      ({ params }) => {
        if (params.rows < 0) throw new RangeError(`the partner sent ${params.rows} rows`);
        if (params.rows === 0) throw new Error("the partner did not answer");
        return { rows: params.rows };
      },
    );
    task("publish", { needs: { load } }, ({ needs, log }) => log.info("published", needs.load));
    task(
      "alert",
      { needs: { load }, when: load.failed(), runIf: "all_done", produces: { loadFailed } },
      async ({ needs, run, produces }) => {
        const reason = needs.load.state === "failed" ? needs.load.error.message : "unknown";
        await produces.loadFailed.publish({ run: run.id, reason });
      },
    );
  },
);

/** Whoever is on duty: another team's pipeline, which knows nothing of the loader. */
export const onCall = pipeline("on-call", { on: { failed: published(loadFailed) } }, ({ task }) =>
  task("page", ({ received, log }) =>
    received(loadFailed).map(({ data }) => {
      log.error(`${data.run} needs help: ${data.reason}`);
      return data.run;
    }),
  ),
);

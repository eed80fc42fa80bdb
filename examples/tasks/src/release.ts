import { NonRetryable, pipeline } from "@millrace/core";
import { z } from "zod";

/**
 * Staging, tests, and production once somebody said yes. Without an answer within a day nothing
 * is released.
 */
export const release = pipeline(
  "release",
  { params: z.object({ version: z.string().default("1.0.0") }) },
  ({ task, map, approval }) => {
    const staging = task("deploy-to-staging", ({ params, log }) => {
      log.info(`${params.version} is on staging`);
      return { url: `https://staging.example/${params.version}` };
    });
    const suites = task("list-suites", { needs: { staging } }, () => ["login", "cart", "pay"]);
    const tests = map(
      "run-suite",
      { over: suites, needs: { staging }, retries: 1 },
      ({ item, needs, log }) => {
        if (needs.staging.url === "") throw new NonRetryable("there is nothing to test");
        log.info(`${item} passed`);
        return { suite: item, passed: true };
      },
    );
    const approved = approval("approve", {
      needs: { tests },
      asks: ({ params, needs }) =>
        `Release ${params.version}? ${needs.tests.length} suites passed on staging.`,
      timeout: "1d",
    });
    task("tell-no", { when: approved.failed() }, ({ params, log }) => {
      log.warn(`${params.version} stays on staging`);
    });
    return task("deploy-to-production", { needs: { approved } }, ({ needs, params, log }) => {
      const by = needs.approved.by ?? "nobody";
      log.info(`${params.version} is in production`, { approvedBy: by });
      return { version: params.version, approvedBy: by };
    });
  },
);

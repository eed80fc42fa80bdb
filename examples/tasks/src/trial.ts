import { event, pipeline } from "@millrace/core";
import { z } from "zod";

const params = z.object({ customer: z.string() });
export const signed = event("contract.signed", { data: params });

/** A customer's trial: a run of two weeks, which holds nothing while it waits. */
export const trial = pipeline("trial", { params }, ({ task, branch }) => {
  const open = task("open", { retries: 3 }, async ({ params, step, sleep, log }) => {
    await step("create account", () => log.info(`an account for ${params.customer}`));
    await sleep("2s");
    await step("invite", () => log.info(`an invitation to ${params.customer}`));
  });
  const answer = branch("wait", { needs: { open } }, async ({ params, waitForEvent }) => {
    const contract = await waitForEvent(signed, { where: params, timeout: "14d" });
    return contract === null ? "silent" : "signed";
  });
  task("bill", { when: answer.is("signed") }, ({ log }) => log.info("the first bill"));
  task("close", { when: answer.is("silent") }, ({ log }) => log.info("closed"));
  task("alert", { when: open.failed() }, ({ log }) => log.error("somebody must look"));
});

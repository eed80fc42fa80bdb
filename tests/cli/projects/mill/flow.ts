import { pipeline } from "@millrace/core";

/** Resolves when the worker takes its attempt back. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

/** The worker that is named in the environment never finishes it; any other does at once. */
export const grind = pipeline("grind", {}, ({ task }) =>
  task("turn", async ({ log, signal }) => {
    log.info(`turning at ${process.env["MILL"]}`);
    if (process.env["MILL"] !== "stuck") return "flour";
    await aborted(signal);
    throw new Error("it was stopped half-way");
  }),
);

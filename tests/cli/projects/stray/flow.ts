import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "@millrace/core";

/** What its handler lets go astray; `calm` runs beside it in the same process. */
export const careless = pipeline("careless", {}, ({ task }) => {
  task("promise", async () => {
    void Promise.reject(new Error("nobody awaited this"));
    await sleep(60_000);
  });
  task("timer", async () => {
    setTimeout(() => {
      throw new Error("nobody could catch this");
    }, 10);
    await sleep(60_000);
  });
});

export const calm = pipeline("calm", {}, ({ task }) =>
  task("sleeps", async ({ log }) => {
    log.info("calm begins");
    await sleep(3_000);
    return "undisturbed";
  }),
);

/** Stays until it is asked to go; only the worker that is named so has an error of its own. */
export const patient = pipeline("patient", {}, ({ task }) =>
  task("waits", async ({ log, signal }) => {
    log.info(`waiting at ${process.env["STRAY"]}`);
    if (process.env["STRAY"] !== "broken") return "finished elsewhere";
    return sleep(60_000, "never", { signal });
  }),
);

if (process.env["STRAY"] === "broken") {
  process.on("SIGUSR2", () => {
    throw new Error("no handler did this");
  });
}

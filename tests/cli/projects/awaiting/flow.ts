import { pipeline } from "@millrace/core";
import { airflow } from "@millrace/sensors";

/** Waits for a run of an Airflow, which the environment says how to reach. */
export const awaiting = pipeline("awaiting", {}, ({ sensor, task }) => {
  const load = sensor("load", {
    check: airflow("etl").run("single", { match: { runId: "shown" } }),
    every: "1s",
    timeout: "3m",
  });
  return task("report", { needs: { load } }, ({ needs }) => needs.load.state);
});

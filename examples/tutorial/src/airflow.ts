import { cron, pipeline } from "@millrace/core";
import { airflow } from "@millrace/sensors";

const etl = airflow("etl");

export const morning = pipeline(
  "morning",
  { on: { daily: cron("0 6 * * *") } },
  ({ sensor, task }) => {
    const load = sensor("load", {
      check: etl.run("load_orders", { match: "logicalDate", tasks: ["load", "check_totals"] }),
      every: "1m",
      timeout: "6h",
    });
    return task(
      "report",
      { needs: { load } },
      ({ needs }) => `${needs.load.id}: ${needs.load.url}`,
    );
  },
);

export const weekly = pipeline(
  "weekly",
  { on: { mondays: cron("0 7 * * 1") } },
  ({ sensor, task }) => {
    const days = sensor("days", {
      check: etl.runs("load_orders", {
        match: { logicalDateOffsets: ["-7d", "-6d", "-5d", "-4d", "-3d", "-2d", "-1d"] },
        onMissing: { then: "fail", grace: "30m" },
        onUnreachable: { then: "fail", grace: "2h" },
      }),
      every: "5m",
      backoff: { factor: 2, max: "30m" },
    });
    return task("sum", { needs: { days } }, ({ needs }) => needs.days.map(({ id }) => id));
  },
);

import { all, daily, dataset, namespace, pipeline, updated, within } from "@millrace/core";
import { cloudEventsOut, mail, openLineageOut, slack, webhook } from "@millrace/sensors";

export const mesh = cloudEventsOut("mesh", {
  url: "https://broker.example.com/default",
  events: ["dev.millrace.*"],
  mode: "binary",
});

export const marquez = openLineageOut("marquez", {
  url: "http://marquez.internal:5000",
  namespace: "prod",
});

const ops = namespace("ops", {
  alerts: [
    slack({ url: "OPS_SLACK_URL" }),
    webhook({ name: "pager", url: "PAGER_URL", secrets: ["PAGER_SECRET"] }),
    mail({ server: "SMTP_URL", from: "ALERTS_FROM", to: "OPS_MAIL" }),
  ],
});

const day = daily({ start: "2026-01-01" });
const flights = dataset("flights", { partitions: { day }, freshness: within("1d") });
const weather = dataset("weather", { partitions: { day } });
const both = updated(all(flights, weather), { deadline: { after: "2h", then: "alert" } });

export const delays = pipeline(
  "delays",
  { namespace: ops, partitions: { day }, on: { both } },
  ({ task }) => task("count", ({ run }) => run.partition.day),
);

import { daily, NonRetryable, pipeline } from "@millrace/core";
import {
  airflow,
  calendar,
  dagster,
  directory,
  file,
  github,
  http,
  httpRuns,
  prefect,
  s3Key,
  s3Prefix,
  sql,
  timeOfDay,
  weekday,
} from "@millrace/sensors";

const day = daily({ start: "2026-01-01" });

export const loadOrders = pipeline("load-orders", { partitions: { day } }, ({ sensor, task }) => {
  const orders = sensor("orders", {
    check: ({ run }) => file(`/tmp/drop/${run.partition.day}.csv`, { bytesMin: 1, quiet: "2s" }),
    every: "2s",
    timeout: "6h",
  });
  task("load", { needs: { orders } }, ({ needs, log }) => {
    log.info("loading", { path: needs.orders.path, bytes: needs.orders.bytes });
  });
});

const final = http({ connection: "shop", url: "/prices", until: { "/state": "final" } });

export const readPrices = pipeline("read-prices", {}, ({ task }) => {
  task("read", async ({ waitForCheck, log }) => {
    const end = await waitForCheck(final, { every: "2s", timeout: "10m" });
    if (end.state === "done") return log.info("prices", end.value);
    if (end.state === "timed_out") return log.warn("no prices yet", { seen: end.seen });
    throw new NonRetryable(`no prices: ${end.reason}`);
  });
});

export const reports = pipeline("reports", { partitions: { day } }, ({ sensor }) => {
  sensor("nightly", {
    check: airflow("analytics").run("load_orders", { match: "partition" }),
    every: "1m",
    backoff: { factor: 2, max: "10m" },
    timeout: "6h",
    onTimeout: "skip",
  });
});

export const airflowRun = airflow("analytics").run("load_orders", {
  match: { logicalDateOffset: "-1d" },
});
export const airflowTasks = airflow("old", { api: "v1" }).run("load_orders", {
  match: "latest",
  tasks: ["extract", "load"],
});
export const dagsterRun = dagster("ml").run("train", { match: "partition" });
export const dagsterAsset = dagster("ml").asset("features/daily", { since: "1h" });
export const prefectRun = prefect("lab").run("nightly", { match: { window: "6h" } });
export const githubRuns = github("ci").runs("acme/shop/release.yml", {
  match: { window: "1d" },
  mode: "any",
});

const jobs = httpRuns("erp", { path: "/jobs/{job}", id: "/id", state: "/status" });
export const erpRun = jobs.run("close-books", {
  match: "latest",
  allowedStates: ["done"],
  failedStates: ["error", "aborted"],
});

export const reachable = http({ url: "https://api.example.com/health", method: "HEAD" });
export const enough = http({
  connection: "shop",
  url: "/prices",
  until: { "/state": "final", "/items/count": { gte: 100 } },
});

export const loaded = sql("warehouse", { text: "select from loads where day = current_date" });
export const watermark = sql("warehouse", {
  text: "select max(id) from orders where shop = $1",
  values: ["berlin"],
  until: { value: { gte: 1_000 } },
});

export const marker = s3Key({ bucket: "landing", key: "orders/_SUCCESS", since: "0s" });
export const parts = s3Prefix({
  bucket: "landing",
  connection: "minio",
  prefix: "orders/2026-02-03/",
  atLeast: 24,
});

export const drop = file("/mnt/drop/orders.csv", { quiet: "1m", bytesMin: 1 });
export const batch = directory("/mnt/drop/orders", { entriesMin: 24, quiet: "1m" });

export const morning = timeOfDay("06:30", { timezone: "Europe/Berlin" });
export const monday = weekday("monday", { time: "08:00", timezone: "Europe/Berlin" });
export const workday = calendar({ time: "08:00", holidays: ["2026-12-25"] });

export const patient = airflow("analytics").run("load_orders", {
  match: "latest",
  onMissing: { then: "fail", grace: "2h" },
  onFailed: "wait",
  onUnreachable: { then: "skip", grace: "1h" },
});

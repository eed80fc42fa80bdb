import { dataset, monthly, namespace } from "@millrace/core";
import { z } from "zod";

/** Everything here is about one month; runs, files and updates carry it as their partition. */
export const month = monthly({ start: "2001-01" });

/** The department whose pipelines these are, and what its people may set without touching code. */
export const aviation = namespace("aviation", {
  // MILLRACE_VAR_AVIATION_LATE_MINUTES; 15 minutes is where US statistics begin to call it late.
  variables: z.object({ lateMinutes: z.number().int().min(0).default(15) }),
});

// What others put into the bucket. Each object there becomes an update of its dataset, and the
// slots of the URI say of which partition.
export const rawFlights = dataset("raw-flights", {
  namespace: aviation,
  uri: "s3://lake/raw/flights/{month}.csv.zst",
  partitions: { month },
});
export const rawStrikes = dataset("raw-strikes", {
  namespace: aviation,
  uri: "s3://lake/raw/strikes/{month}.csv",
  partitions: { month },
});
export const airports = dataset("airports", {
  namespace: aviation,
  uri: "s3://lake/raw/airports.csv",
});

/** What each update of a cleaned dataset tells: filters and readers need not open the file. */
export const Cleaned = z.object({
  rows: z.number().int(),
  dropped: z.number().int(),
  firstOn: z.iso.date().nullable(),
  lastOn: z.iso.date().nullable(),
});

// What the pipelines make of it.
export const flights = dataset("flights", {
  namespace: aviation,
  uri: "s3://lake/clean/flights/{month}.parquet",
  partitions: { month },
  metadata: Cleaned,
});
export const strikes = dataset("strikes", {
  namespace: aviation,
  uri: "s3://lake/clean/strikes/{month}.parquet",
  partitions: { month },
  metadata: Cleaned,
});
export const months = dataset("months", {
  namespace: aviation,
  uri: "s3://lake/months/{month}.json",
  partitions: { month },
  metadata: z.object({ flights: z.number().int(), strikes: z.number().int() }),
});
export const report = dataset("report", {
  namespace: aviation,
  uri: "s3://lake/report/report.md",
  metadata: z.object({ months: z.number().int(), flights: z.number().int() }),
});

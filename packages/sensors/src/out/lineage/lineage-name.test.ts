import { expect, test } from "vitest";
import { lineageDatasetName, lineageJobName } from "./lineage-name.ts";

test.each([
  ["s3://lake/raw/flights.csv", "s3://lake", "raw/flights.csv"],
  ["s3://lake/raw/{date}.csv", "s3://lake", "raw/{date}.csv"],
  ["s3://lake", "s3://lake", "/"],
  ["gs://lake/a/b", "gs://lake", "a/b"],
  [
    "postgres://db.internal:5432/shop/public/orders",
    "postgres://db.internal:5432",
    "shop.public.orders",
  ],
  ["postgresql://db/shop/orders", "postgres://db:5432", "shop.public.orders"],
  ["mysql://db/shop/orders", "mysql://db:3306", "shop.orders"],
  ["bigquery://project/set/table", "bigquery", "project.set.table"],
  ["snowflake://org-acc/db/schema/t", "snowflake://org-acc", "db.schema.t"],
  ["kafka://broker:9092/topic", "kafka://broker:9092", "topic"],
  ["file:///data/in.csv", "file", "/data/in.csv"],
  ["file://host/data/in.csv", "file://host", "/data/in.csv"],
  ["x-crm://accounts", "x-crm://accounts", "/"],
])("%s is named as OpenLineage names it", (uri, namespace, name) => {
  expect(lineageDatasetName("ops/flights", uri)).toEqual({ namespace, name });
});

test("a dataset without a URI is named by Millrace's own name for it", () => {
  const own = { namespace: "millrace://ops", name: "flights" };
  expect(lineageDatasetName("ops/flights", null)).toEqual(own);
  expect(lineageDatasetName("ops/flights", "no uri at all")).toEqual(own);
});

test("credentials in a URI never get into a name", () => {
  const name = lineageDatasetName("ops/orders", "postgres://me:secret@db/shop/orders");
  expect(JSON.stringify(name)).not.toContain("secret");
});

test("a job is its pipeline, or its pipeline and its task", () => {
  expect(lineageJobName("ops/delays")).toEqual({ namespace: "ops", name: "delays" });
  expect(lineageJobName("ops/delays", "load")).toEqual({ namespace: "ops", name: "delays.load" });
});

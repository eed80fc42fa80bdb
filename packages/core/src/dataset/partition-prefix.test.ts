import { expect, test } from "vitest";
import { partitionPrefix } from "./partition-prefix.ts";

test.each([
  ["s3://lake/raw/{date}/*", "s3://lake/raw/2026-02-03/"],
  ["s3://lake/raw/{date}/part-*.csv", "s3://lake/raw/2026-02-03/"],
  ["s3://lake/raw/day={date}/**", "s3://lake/raw/day=2026-02-03/"],
  ["s3://lake/raw/{date}/hour=??/*.csv", "s3://lake/raw/2026-02-03/"],
  ["s3://lake/raw/*", "s3://lake/raw/"],
  ["s3://lake/*", "s3://lake/"],
  ["s3://lake/raw/{date}.csv", null],
  ["s3://lake/*/{date}.csv", null],
  ["s3://lake/raw/{date}-*.csv", null],
  ["s3://lake/{region}/*", null],
  ["nowhere", null],
])("the objects of a partition of %s lie at %s", (uri, prefix) => {
  expect(partitionPrefix(uri, { date: "2026-02-03" })).toBe(prefix);
});

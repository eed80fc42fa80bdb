import type { DatasetSpec, PartitionScheme } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { compileMatcher } from "./match-object.ts";

const DAY: PartitionScheme = { kind: "day", start: "2026-01-01", timezone: "UTC" };
const REGION: PartitionScheme = { kind: "keys", values: ["eu", "eu-west", "us"] };

function dataset(
  uri: string | null,
  partitions: DatasetSpec["partitions"] = {},
  name = "d",
): DatasetSpec {
  return { namespace: "ops", name, uri, partitions, metadata: null, observed: false };
}

function match(uri: string, key: string, partitions: DatasetSpec["partitions"] = {}): unknown {
  const { matches, unmatched } = compileMatcher([dataset(uri, partitions)]).match("lake", key);
  return matches[0]?.partition ?? unmatched[0] ?? null;
}

describe("places", () => {
  test.each([
    ["raw/a.csv", "raw/a.csv", true],
    ["raw/a.csv", "raw/a.csv/", false],
    ["raw/a.csv", "raw//a.csv", false],
    ["raw//a.csv", "raw//a.csv", true],
    ["raw//a.csv", "raw/a.csv", false],
    ["raw/*.csv", "raw/.csv", true],
    ["raw/*.csv", "raw/.hidden.csv", true],
    ["raw/*.csv", "raw/x/a.csv", false],
    ["raw/*", "raw/.hidden", true],
    ["raw/*", "raw/", false],
    ["raw/*/b", "raw//b", false],
    ["raw/**/b", "raw/b", true],
    ["raw/**/b", "raw//b", true],
    ["raw/**/b", "raw/x/y/b", true],
    ["raw/**/b", "raw/x/yb", false],
    ["raw/**", "raw/x/.y/z", true],
    ["raw/**", "raw", false],
    ["raw/**", "raw/folder/", false],
    ["raw/**", "raw/../secret", false],
    ["**/a.csv", "a.csv", true],
    ["?.csv", "é.csv", true],
    ["?.csv", "😀.csv", true],
    ["?.csv", "ab.csv", false],
    ["[ab].csv", "[ab].csv", true],
    ["[ab].csv", "a.csv", false],
    ["*[ab].csv", "x[ab].csv", true],
    ["*[ab].csv", "xa.csv", false],
    ["!a*", "!ab", true],
    ["!a*", "b", false],
    ["+(a)*", "+(a)b", true],
    ["+(a)*", "aab", false],
    ["*.csv", "a\\b.csv", true],
    ["*.csv", "A.CSV", false],
    ["C:/*", "c:/a", false],
    ["*", "#a", true],
  ])("of %s, the key %s is matched: %s", (path, key, expected) => {
    expect(match(`s3://lake/${path}`, key)).toEqual(expected ? {} : null);
  });

  test("only objects of the URI's own bucket are matched", () => {
    const { match: find } = compileMatcher([dataset("s3://lake/a.csv")]);
    expect(find("Lake", "a.csv").matches).toEqual([]);
    expect(find("lake", "a.csv").matches).toEqual([{ dataset: "ops/d", partition: {} }]);
  });

  test("an object may belong to several datasets", () => {
    const { match: find } = compileMatcher([
      dataset("s3://lake/raw/**", {}, "all"),
      dataset("s3://lake/raw/a.csv", {}, "one"),
      dataset("s3://lake/other/*", {}, "other"),
    ]);
    const names = find("lake", "raw/a.csv").matches.map((found) => found.dataset);
    expect(names.toSorted()).toEqual(["ops/all", "ops/one"]);
  });
});

describe("slots", () => {
  test("a slot is the value of its partition key", () => {
    expect(match("s3://lake/raw/{date}.csv", "raw/2026-02-03.csv", { date: DAY })).toEqual({
      date: "2026-02-03",
    });
  });

  test("a slot does not cross a slash and is never empty", () => {
    const any: PartitionScheme = { kind: "keys", values: ["a"] };
    expect(match("s3://lake/raw/{k}.csv", "raw/x/a.csv", { k: any })).toBeNull();
    expect(match("s3://lake/raw/{k}.csv", "raw/.csv", { k: any })).toBeNull();
  });

  test.each([
    ["raw/2026-02-30.csv", '"2026-02-30" is no day'],
    ["raw/latest.csv", '"latest" is no day'],
    ["raw/2025-12-31.csv", '"2025-12-31" lies before the first day'],
  ])("%s is left out with the reason, because its partition would not exist", (key, reason) => {
    const said = match("s3://lake/raw/{date}.csv", key, { date: DAY });
    expect(said).toContain(`${key} is not of dataset ops/d: for {date}, ${reason}`);
  });

  test("what the partitions allow tells slots apart that share a segment", () => {
    const partitions = { region: REGION, date: DAY };
    const uri = "s3://lake/{region}-{date}.csv";
    expect(match(uri, "eu-west-2026-02-03.csv", partitions)).toEqual({
      region: "eu-west",
      date: "2026-02-03",
    });
    expect(match(uri, "eu-2026-02-03.csv", partitions)).toEqual({
      region: "eu",
      date: "2026-02-03",
    });
    expect(match(uri, "asia-2026-02-03.csv", partitions)).toContain('"asia" is none of the keys');
  });

  test("slots and wildcards stand together", () => {
    expect(match("s3://lake/{date}/**/*.csv", "2026-02-03/a/b/c.csv", { date: DAY })).toEqual({
      date: "2026-02-03",
    });
  });

  test("a wildcard beside slots takes one whole character", () => {
    const key = "2026-02-03/😀.csv";
    expect(match("s3://lake/{date}/?.csv", key, { date: DAY })).toEqual({ date: "2026-02-03" });
    expect(match("s3://lake/{date}/??.csv", key, { date: DAY })).toBeNull();
  });

  test("a segment that is empty is none to a wildcard beside slots", () => {
    expect(match("s3://lake/{date}/*/b", "2026-02-03//b", { date: DAY })).toBeNull();
  });

  test("named keys are found in whatever order they are declared", () => {
    const region: PartitionScheme = { kind: "keys", values: ["eu-west", "eu"] };
    expect(match("s3://lake/{region}", "eu", { region })).toEqual({ region: "eu" });
  });

  test("a slot that stands there twice has one value", () => {
    const uri = "s3://lake/{date}/{date}.csv";
    expect(match(uri, "2026-02-03/2026-02-03.csv", { date: DAY })).toEqual({ date: "2026-02-03" });
    expect(match(uri, "2026-02-03/2026-02-04.csv", { date: DAY })).toContain("two values");
  });
});

describe("datasets", () => {
  test("those that do not lie in S3 are passed over", () => {
    const { problems, match: find } = compileMatcher([dataset(null), dataset("file:///a.csv")]);
    expect(problems).toEqual([]);
    expect(find("", "a.csv").matches).toEqual([]);
  });

  test.each([
    ["s3://lake", {}, "names no object"],
    ["s3://lake/a{", {}, "brace that is no slot"],
    ["s3://lake/{date}.csv", {}, "date is only one of them"],
    ["s3://lake/a.csv", { date: DAY }, "date is only one of them"],
  ])("%s with partitions %o is a problem", (uri, partitions, problem) => {
    expect(compileMatcher([dataset(uri, partitions)]).problems[0]).toContain(problem);
  });

  test("the prefixes to list are the fewest that hold all of a bucket's datasets", () => {
    const { prefixesOf } = compileMatcher([
      dataset("s3://lake/raw/{date}.csv", { date: DAY }, "a"),
      dataset("s3://lake/raw/other/*.csv", {}, "b"),
      dataset("s3://lake/ref/airports.csv", {}, "c"),
      dataset("s3://pond/**/x", {}, "d"),
    ]);
    expect(prefixesOf("lake")).toEqual(["raw/", "ref/airports.csv"]);
    expect(prefixesOf("pond")).toEqual([""]);
    expect(prefixesOf("sea")).toEqual([]);
  });
});

test("no pattern within the bounds is slow, whatever the key", () => {
  const keys = ["a".repeat(1_024), `${"ab".repeat(500)}c`, "a/".repeat(511) + "b"];
  const paths = [
    `${"a*".repeat(16)}b`,
    `${"?*".repeat(8)}Z`,
    `${"**/a/".repeat(16)}c`,
    `${"*ab".repeat(16)}*c`.slice(0, 48),
    "{x}a{y}a{z}b",
    `${"**/a*/".repeat(8)}{x}`,
  ];
  const any: PartitionScheme = { kind: "keys", values: ["a", "aa", "ab", "aaa"] };
  for (const path of paths) {
    const slots = [...path.matchAll(/\{(.)\}/g)].map(([, slot = ""]) => [slot, any] as const);
    const matcher = compileMatcher([dataset(`s3://lake/${path}`, Object.fromEntries(slots))]);
    expect(matcher.problems).toEqual([]);
    for (const key of keys) expect(matcher.match("lake", key).matches).toEqual([]);
  }
}, 2_000);

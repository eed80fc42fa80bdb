import { expect, test } from "vitest";
import { parseUriTemplate, renderUri } from "./uri-template.ts";

test.each([
  ["s3://lake/raw/{date}.csv", "s3", "lake", "raw/{date}.csv", ["date"], false],
  [
    "s3://lake/{date}/{region}/{date}.csv",
    "s3",
    "lake",
    "{date}/{region}/{date}.csv",
    ["date", "region"],
    false,
  ],
  ["s3://lake/raw/**/*.csv", "s3", "lake", "raw/**/*.csv", [], true],
  ["s3://lake/{date}/part-?.csv", "s3", "lake", "{date}/part-?.csv", ["date"], true],
  ["s3://lake", "s3", "lake", "", [], false],
  ["s3://lake/a//b", "s3", "lake", "a//b", [], false],
  ["s3://lake/.hidden/a b/[x]!(y)+%41.csv", "s3", "lake", ".hidden/a b/[x]!(y)+%41.csv", [], false],
  ["s3://lake/...", "s3", "lake", "...", [], false],
  ["file:///data/übersicht.csv", "file", "", "data/übersicht.csv", [], false],
  ["postgres://host:5432/db/public/orders", "postgres", "host:5432", "db/public/orders", [], false],
  ["inmemory://orders", "inmemory", "orders", "", [], false],
  ["x-crm://accounts", "x-crm", "accounts", "", [], false],
] as const)("%s is taken apart", (uri, ...[scheme, authority, path, slots, isGlob]) => {
  expect(parseUriTemplate(uri)).toEqual({ ok: true, scheme, authority, path, slots, isGlob });
});

test.each([
  ["", /is no URI; write it like/],
  ["flights.csv", /is no URI/],
  ["/data/flights.csv", /is no URI/],
  ["file:/data/x", /is no URI/],
  ["://lake/x", /is no URI/],
  ["file://", /names no place|slash/],
  ["s3:///raw/x", /names no bucket/],
  ["S3://lake/x", /upper-case scheme; write s3/],
  ["millrace://x", /reserved/],
  ["s3://key:secret@lake/x", /holds credentials; leave them out/],
  ["s3://key@lake/x", /holds credentials/],
  ["s3://{bucket}/x", /belong in the path/],
  ["s3://la*ke/x", /belong in the path/],
  ["s3://lake/x#y", /fragment/],
  ["s3://b/../../etc/passwd", /has the segment "\.\."/],
  ["s3://b/./x", /has the segment "\."/],
  ["s3://b/%2e%2E/x", /has the segment/],
  ["s3://b/.%2e/x", /has the segment/],
  ["s3://b/a%2Fb", /encoded slash/],
  ["s3://b/a%5cb", /encoded slash/],
  ["s3://b/a%00b", /NUL/],
  ["s3://b/a\\b", /backslash/],
  ["s3://b/a/", /ends with a slash/],
  ["s3://b/", /ends with a slash/],
  ["s3://b/a\u0000", /control/],
  ["s3://b/a\nb", /control/],
  ["s3://b/\u202ecsv.x", /invisible/],
  ["s3://b/a\u200bb", /invisible/],
  ["s3://b/e\u0301", /not in Unicode form NFC; write "s3:\/\/b\/é"/],
  ["s3://b/\ud800", /surrogate/],
  [" s3://b/a", /space/],
  [`s3://b/${"é".repeat(510)}`, /more than 1024 bytes/],
  ["s3://b/{}", /has the slot \{\}/],
  ["s3://b/{a b}", /has the slot/],
  ["s3://b/{1}", /has the slot/],
  ["s3://b/{a", /brace that is no slot/],
  ["s3://b/a}", /brace that is no slot/],
  ["s3://b/{{a}}", /brace that is no slot/],
  ["s3://b/{a,b}", /has the slot/],
  ["s3://b/{a}{b}", /right beside/],
  ["s3://b/{a}*.csv", /right beside/],
  ["s3://b/?{a}", /right beside/],
  ["s3://b/a**/b", /segment of its own/],
  ["s3://b/***", /segment of its own/],
  [`s3://b/${"*a".repeat(17)}`, /has 17 wildcards, and 16 at most/],
  [`s3://b/${"a".repeat(256)}*`, /more than 256 characters/],
  ["https://host/data.csv?version=2", /query/],
])("%j is refused with its reason", (uri, reason) => {
  const parsed = parseUriTemplate(uri);
  expect(parsed.ok || parsed.problem).toMatch(reason);
});

test("a problem does not repeat credentials", () => {
  const parsed = parseUriTemplate("postgres://user:hunter2@host/de\u0301b");
  expect(parsed.ok || parsed.problem).toMatch(/^holds credentials/);
});

test("bounds are taken in", () => {
  expect(parseUriTemplate(`s3://b/${"a".repeat(1_017)}`).ok).toBe(true);
  expect(parseUriTemplate(`s3://b/${"*a".repeat(16)}`).ok).toBe(true);
  expect(parseUriTemplate(`s3://b/${"a".repeat(255)}*`).ok).toBe(true);
});

test("a partition's place has its values for slots", () => {
  const uri = "s3://lake/{date}/{region}-{date}.csv";
  expect(renderUri(uri, { date: "2026-11-21", region: "$&$1" })).toBe(
    "s3://lake/2026-11-21/$&$1-2026-11-21.csv",
  );
  expect(renderUri("s3://lake/all.csv", { date: "x" })).toBe("s3://lake/all.csv");
});

test("what names no one place has no URI", () => {
  expect(renderUri("s3://lake/*.csv", {})).toBeNull();
  expect(renderUri("s3://lake/{date}.csv", {})).toBeNull();
  expect(renderUri("s3://lake/{toString}.csv", {})).toBeNull();
  expect(renderUri("no uri", {})).toBeNull();
});

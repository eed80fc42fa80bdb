import { describe, expect, test } from "vitest";
import { parseManifest } from "./parse-manifest.ts";

const PLACE = { bucket: "lake", key: "raw/2026-02-03/manifest.json" };
const A = "raw/2026-02-03/a.csv";

describe("a manifest lists keys", () => {
  test.each<readonly [string, string, readonly string[]]>([
    ["as JSON", '["a.csv", "b/c.csv"]', [A, "raw/2026-02-03/b/c.csv"]],
    ["as JSON, whole", `["${A}", "s3://lake/${A}"]`, [A]],
    ["as none", " [] ", []],
    ["as Redshift does", `{"entries":[{"url":"s3://lake/${A}","mandatory":true}]}`, [A]],
    ["as lines", "a.csv\r\n\nb.csv\n", [A, "raw/2026-02-03/b.csv"]],
    ["as lines of places", `s3://lake/${A}\n`, [A]],
    ["as nothing", "", []],
  ])("%s", (_how, text, keys) => {
    expect(parseManifest(text, PLACE)).toEqual({ ok: true, keys });
  });

  test("of a bucket without folders", () => {
    const place = { bucket: "lake", key: "manifest.json" };
    expect(parseManifest("a.csv", place)).toEqual({ ok: true, keys: ["a.csv"] });
  });
});

describe("what lists none is refused:", () => {
  test.each([
    ["truncated JSON", '["a.csv"', /is no list of keys/],
    ["another object", '{"files": []}', /is no list of keys/],
    ["a number in it", "[1]", /is no list of keys/],
    ["an entry without a URL", '{"entries":[{}]}', /is no list of keys/],
    ["another bucket", '["s3://other/a.csv"]', /no object of its bucket: "s3:\/\/other\/a.csv"/],
    ["a bucket alone", "s3://lake/", /no object of its bucket/],
    ["a NUL", String.raw`["a\u0000"]`, /no object of its bucket/],
    ["half of a pair", String.raw`["\ud800"]`, /no object of its bucket/],
    ["a long key", "x".repeat(1_025), /no object of its bucket/],
  ])("%s", (_what, text, problem) => {
    expect(parseManifest(text, PLACE)).toEqual({
      ok: false,
      problem: expect.stringMatching(problem),
    });
  });
});

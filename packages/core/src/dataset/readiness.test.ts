import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReadySpec } from "../spec/dataset-spec.ts";
import { decideReady, type SeenObject } from "./readiness.ts";

const NOON = Date.UTC(2026, 1, 3, 12);
const MINUTE_MS = 60_000;

/** Objects that came a minute apart, the first at noon, of 100 bytes each. */
function came(...keys: readonly string[]): readonly SeenObject[] {
  return keys.map((key, at) => ({ key, bytes: 100, seenAt: NOON + at * MINUTE_MS }));
}

const MARKER: ReadySpec = { type: "marker", name: "_SUCCESS" };
const COUNT: ReadySpec = { type: "count", count: 3 };
const MANIFEST: ReadySpec = { type: "manifest", name: "manifest.json" };
const QUIET: ReadySpec = { type: "quiet", quietMs: 5 * MINUTE_MS };
const BYTES: ReadySpec = { type: "totalBytes", bytes: 250 };

describe("a partition is complete", () => {
  test.each<readonly [ReadySpec, readonly string[], string]>([
    [MARKER, ["d/a", "d/_SUCCESS"], "the marker d/_SUCCESS is there"],
    [MARKER, ["_SUCCESS"], "the marker _SUCCESS is there"],
    [MARKER, ["d/y/_SUCCESS", "d/x/_SUCCESS"], "the marker d/x/_SUCCESS is there"],
    [COUNT, ["d/a", "d/b", "d/c"], "3 objects are there, of at least 3"],
    [COUNT, ["d/a", "d/b", "d/c", "d/d"], "4 objects are there, of at least 3"],
    [
      MANIFEST,
      ["d/manifest.json", "d/b", "d/a"],
      "all that the manifest manifest.json lists is there",
    ],
    [QUIET, ["d/a"], "nothing came for 5m"],
    [BYTES, ["d/a", "d/b", "d/c"], "300 bytes are there, of at least 250"],
  ])("by %o with %o", (spec, keys, by) => {
    const seen = { objects: came(...keys), listed: ["d/a", "d/b", "d/a"] };
    expect(decideReady(spec, seen, NOON + 10 * MINUTE_MS)).toEqual({ ready: true, by });
  });

  test("of an empty manifest as soon as that is there", () => {
    const seen = { objects: came("manifest.json"), listed: [] };
    expect(decideReady(MANIFEST, seen, NOON).ready).toBe(true);
  });
});

describe("it says what is missing", () => {
  const listed = Array.from({ length: 8 }, (_, at) => `d/${at}`);
  test.each<readonly [ReadySpec, readonly string[], readonly string[] | null, string]>([
    [MARKER, [], null, "the marker _SUCCESS"],
    [MARKER, ["d/NOT_SUCCESS", "d/_SUCCESS/a"], null, "the marker _SUCCESS"],
    [COUNT, [], null, "3 of 3 objects"],
    [COUNT, ["d/a", "d/b"], null, "1 of 3 objects"],
    [MANIFEST, ["d/0"], null, "the manifest manifest.json"],
    [
      MANIFEST,
      ["d/manifest.json"],
      null,
      "what the manifest manifest.json lists: it is not read yet",
    ],
    [
      MANIFEST,
      ["d/manifest.json", "d/0", "d/1"],
      listed,
      "6 of the 8 objects of manifest.json: d/2, d/3, d/4, d/5, d/6 and 1 more",
    ],
    [QUIET, [], null, "a first object"],
    [BYTES, ["d/a", "d/b"], null, "50 of 250 bytes"],
  ])("by %o with %o", (spec, keys, list, missing) => {
    const seen = { objects: came(...keys), listed: list };
    expect(decideReady(spec, seen, NOON + 2 * MINUTE_MS)).toEqual({
      ready: false,
      missing,
      nextLookAt: null,
    });
  });

  test("and when to look again, where time alone completes it", () => {
    const seen = { objects: came("d/a", "d/b"), listed: null };
    expect(decideReady(QUIET, seen, NOON + 2 * MINUTE_MS)).toEqual({
      ready: false,
      missing: "4m in which nothing comes",
      nextLookAt: NOON + 6 * MINUTE_MS,
    });
  });

  test("and of how many objects nobody knows the size", () => {
    const objects = came("d/a", "d/b").map((object) => ({ ...object, bytes: null }));
    expect(decideReady(BYTES, { objects, listed: null }, NOON)).toMatchObject({
      missing: "250 of 250 bytes; the size of 2 objects is not known",
    });
  });
});

test("an object that is written anew counts once, with its latest size", () => {
  const first = { key: "d/a", bytes: 300, seenAt: NOON };
  const again = { key: "d/a", bytes: 10, seenAt: NOON + 1 };
  for (const objects of [
    [first, again],
    [again, first],
  ]) {
    const seen = { objects, listed: null };
    expect(decideReady(BYTES, seen, NOON)).toMatchObject({ missing: "240 of 250 bytes" });
    expect(decideReady(COUNT, seen, NOON)).toMatchObject({ missing: "2 of 3 objects" });
  }
});

describe("whatever comes,", () => {
  const key = fc.constantFrom("a", "b", "c", "d/e", "_SUCCESS", "d/_SUCCESS", "manifest.json");
  const object = fc.record({
    key,
    bytes: fc.option(fc.nat(200)),
    seenAt: fc.nat(20).map((minutes) => NOON + minutes * MINUTE_MS),
  });
  const objects = fc.uniqueArray(object, { selector: (each) => each.key });
  const listed = fc.option(fc.array(key));
  const spec = fc.constantFrom(MARKER, COUNT, MANIFEST, QUIET, BYTES);
  const now = fc.nat(40).map((minutes) => NOON + minutes * MINUTE_MS);

  test("the order and the number of tellings change nothing", () => {
    const told = objects.chain((all) =>
      fc.record({
        all: fc.constant(all),
        shuffled: fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
      }),
    );
    fc.assert(
      fc.property(spec, told, listed, now, (rule, { all, shuffled }, list, at) => {
        const one = decideReady(rule, { objects: all, listed: list }, at);
        expect(decideReady(rule, { objects: shuffled, listed: list }, at)).toEqual(one);
      }),
    );
  });

  test("what is complete stays so while objects are added, but where quiet is waited for", () => {
    const grown = fc.record({ some: objects, more: objects, listed });
    fc.assert(
      fc.property(spec, grown, now, (rule, { some, more, ...seen }, at) => {
        const keys = new Set(some.map((each) => each.key));
        const added = [...some, ...more.filter((each) => !keys.has(each.key))];
        if (!decideReady(rule, { ...seen, objects: some }, at).ready) return;
        const after = decideReady(rule, { ...seen, objects: added }, at);
        expect(after.ready || rule.type === "quiet").toBe(true);
      }),
    );
  });

  test("if nothing else comes it is complete at the time that it says, and not before", () => {
    fc.assert(
      fc.property(spec, objects, listed, now, (rule, all, list, at) => {
        const seen = { objects: all, listed: list };
        const told = decideReady(rule, seen, at);
        if (told.ready) return;
        const { nextLookAt } = told;
        const later = nextLookAt ?? at + 365 * 24 * 60 * MINUTE_MS;
        expect(later).toBeGreaterThan(at);
        expect(decideReady(rule, seen, later).ready).toBe(nextLookAt !== null);
        expect(decideReady(rule, seen, later - 1).ready).toBe(false);
      }),
    );
  });
});

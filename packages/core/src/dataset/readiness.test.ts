import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReadySpec } from "../spec/dataset-spec.ts";
import { decideReady, isObjectNamed, type PartitionTally } from "./readiness.ts";

const NOON = Date.UTC(2026, 1, 3, 12);
const MINUTE_MS = 60_000;

/** Objects of 100 bytes each, the last of which came at noon. */
function tally(objects: number, part: Partial<PartitionTally> = {}): PartitionTally {
  const counted = { objects, bytes: objects * 100, sizeUnknown: 0 };
  return { ...counted, lastAt: NOON, named: null, listed: null, ...part };
}

const MARKER: ReadySpec = { type: "marker", name: "_SUCCESS" };
const COUNT: ReadySpec = { type: "count", count: 3 };
const MANIFEST: ReadySpec = { type: "manifest", name: "manifest.json" };
const QUIET: ReadySpec = { type: "quiet", quietMs: 5 * MINUTE_MS };
const BYTES: ReadySpec = { type: "totalBytes", bytes: 250 };

const NAMED = { named: "d/manifest.json" };
const firstAbsent = ["d/2", "d/3", "d/4", "d/5", "d/6", "d/7"];

describe("a partition is complete", () => {
  test.each<readonly [ReadySpec, PartitionTally, string]>([
    [MARKER, tally(2, { named: "d/_SUCCESS" }), "the marker d/_SUCCESS is there"],
    [COUNT, tally(3), "3 objects are there, of at least 3"],
    [COUNT, tally(4), "4 objects are there, of at least 3"],
    [
      MANIFEST,
      tally(3, { ...NAMED, listed: { keys: 2, absent: 0, firstAbsent: [] } }),
      "all that the manifest manifest.json lists is there",
    ],
    [
      MANIFEST,
      tally(1, { ...NAMED, listed: { keys: 0, absent: 0, firstAbsent: [] } }),
      "all that the manifest manifest.json lists is there",
    ],
    [QUIET, tally(1), "nothing came for 5m"],
    [BYTES, tally(3), "300 bytes are there, of at least 250"],
  ])("by %o with %o", (spec, seen, by) => {
    expect(decideReady(spec, seen, NOON + 5 * MINUTE_MS)).toEqual({ ready: true, by });
  });
});

describe("it says what is missing", () => {
  test.each<readonly [ReadySpec, PartitionTally, string]>([
    [MARKER, tally(2), "the marker _SUCCESS"],
    [COUNT, tally(0), "3 of 3 objects"],
    [COUNT, tally(2), "1 of 3 objects"],
    [MANIFEST, tally(1), "the manifest manifest.json"],
    [MANIFEST, tally(1, NAMED), "what the manifest manifest.json lists: it is not read yet"],
    [
      MANIFEST,
      tally(3, { ...NAMED, listed: { keys: 3, absent: 1, firstAbsent: ["d/2"] } }),
      "1 of the 3 objects of manifest.json: d/2",
    ],
    [
      MANIFEST,
      tally(3, { ...NAMED, listed: { keys: 9, absent: 7, firstAbsent } }),
      "7 of the 9 objects of manifest.json: d/2, d/3, d/4, d/5, d/6 and 2 more",
    ],
    [QUIET, tally(0), "a first object"],
    [BYTES, tally(2), "50 of 250 bytes"],
    [
      BYTES,
      tally(3, { bytes: 0, sizeUnknown: 2 }),
      "250 of 250 bytes; the size of 2 objects is not known",
    ],
  ])("by %o with %o", (spec, seen, missing) => {
    expect(decideReady(spec, seen, NOON)).toEqual({ ready: false, missing, nextLookAt: null });
  });

  test("and when to look again, where time alone completes it", () => {
    expect(decideReady(QUIET, tally(2), NOON + MINUTE_MS)).toEqual({
      ready: false,
      missing: "4m in which nothing comes",
      nextLookAt: NOON + 5 * MINUTE_MS,
    });
  });
});

test.each([
  ["_SUCCESS", true],
  ["d/_SUCCESS", true],
  ["d/NOT_SUCCESS", false],
  ["d/_SUCCESS/a", false],
])("%s has the name of the marker: %s", (key, isNamed) => {
  expect(isObjectNamed(key, "_SUCCESS")).toBe(isNamed);
});

describe("whatever is there,", () => {
  const named = fc.option(fc.constantFrom("a", "d/a"));
  const listed = fc.option(
    fc.record({ keys: fc.nat(9), absent: fc.nat(9), firstAbsent: fc.constant(["x"]) }),
  );
  const tallies = fc
    .record({ objects: fc.nat(9), named, listed, minutes: fc.nat(20) })
    .map(({ objects, minutes, ...rest }) =>
      tally(objects, { ...rest, lastAt: NOON + minutes * MINUTE_MS }),
    );
  const spec = fc.constantFrom(MARKER, COUNT, MANIFEST, QUIET, BYTES);
  const now = fc.nat(40).map((minutes) => NOON + minutes * MINUTE_MS);

  test("what is complete stays so while objects are added, but where quiet is waited for", () => {
    fc.assert(
      fc.property(spec, tallies, now, fc.nat(9), (rule, some, at, more) => {
        if (!decideReady(rule, some, at).ready) return;
        const objects = some.objects + more;
        const added = { ...some, objects, bytes: some.bytes + more, lastAt: at };
        expect(decideReady(rule, added, at).ready || rule.type === "quiet").toBe(true);
      }),
    );
  });

  test("if nothing else comes it is complete at the time that it says, and not before", () => {
    fc.assert(
      fc.property(spec, tallies, now, (rule, seen, at) => {
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

import type { CheckDecision, CheckGroup, DueCheck } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { retryMs } from "./retry-ms.ts";
import { toResults } from "./to-results.ts";

const check = (stepId: number): DueCheck => ({
  stepId,
  wait: {
    kind: "check",
    check: { kind: "board", target: "a" },
    everyMs: 1_000,
    backoff: { type: "constant" },
    timeoutMs: null,
  },
  waiter: { runId: 1, partition: {}, logicalAt: null, since: 0 },
  state: null,
});
const group: CheckGroup = {
  kind: "board",
  target: "a",
  round: 1,
  failures: 0,
  now: 5_000,
  checks: [check(1), check(2)],
};
const resultsOf = (...decisions: (CheckDecision | Error)[]) =>
  toResults(
    group,
    decisions,
    (_check, decision) => {
      if (decision instanceof Error) throw decision;
      return decision;
    },
    () => 0.5,
  );
const done = { type: "done", value: 1 } as const;
const answered = { type: "answer", stepId: 2, answer: { state: "done", value: 1 } };

test("each check gets what its own observation means", () => {
  const again = { type: "again", at: 9_000, state: { looks: 1 }, seen: "it runs" } as const;
  expect(resultsOf(again, done)).toEqual([{ ...again, stepId: 1 }, answered]);
});

test("what is remembered goes with what it was decided against", () => {
  const remembering = { ...group, checks: [{ ...check(1), remembered: 4 }, check(2)] };
  const results = toResults(
    remembering,
    [1, 2],
    (_check, remember) => ({ ...done, remember }),
    () => 0.5,
  );
  expect(results).toEqual([
    { ...answered, stepId: 1, remember: { from: 4, value: 1 } },
    { ...answered, remember: { from: null, value: 2 } },
  ]);
  const [tooLarge] = resultsOf({ ...done, remember: "x".repeat(20_000) }, done);
  expect(tooLarge).toMatchObject({ answer: { state: "failed" } });
  expect(tooLarge).not.toHaveProperty("remember");
});

test("one that cannot be judged fails alone", () => {
  const reason = "what was seen cannot be judged: no such state";
  expect(resultsOf(new Error("no such state"), done)).toEqual([
    { type: "answer", stepId: 1, answer: { state: "failed", reason } },
    answered,
  ]);
});

test.each<[string, CheckDecision, unknown]>([
  ["is asked without a pause", { type: "again", at: 1, state: null, seen: null }, { at: 5_001 }],
  [
    "says what cannot be stored",
    { type: "failed", reason: "a\0b\uD800" },
    { answer: { reason: "a\uFFFDb\uFFFD" } },
  ],
  [
    "keeps too much",
    { type: "again", at: 9_000, state: "x".repeat(16_384), seen: null },
    { type: "answer", answer: { state: "failed" } },
  ],
  [
    "gives too much",
    { type: "done", value: "x".repeat(1_048_576) },
    { type: "answer", answer: { state: "failed" } },
  ],
])("nothing %s", (_what, decision, result) => {
  expect(resultsOf(decision, done)[0]).toMatchObject(result as object);
});

test("a target is left alone longer each time, within its bounds", () => {
  const settings = { retryMs: 2_000, retryMsMax: 300_000 };
  const u = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(fc.nat(2_000), u, (failures, chance) => {
      const full = Math.min(2_000 * 2 ** failures, 300_000);
      const ms = retryMs(failures, settings, chance);
      expect(ms).toBeGreaterThanOrEqual(Math.floor(full / 2));
      expect(ms).toBeLessThanOrEqual(full);
    }),
  );
  expect([0, 1, 2, 60].map((failures) => retryMs(failures, settings, 0))).toEqual([
    2_000, 4_000, 8_000, 300_000,
  ]);
});

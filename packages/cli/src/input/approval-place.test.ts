import { expect, test } from "vitest";
import { toApproval } from "./approval-place.ts";

const OPEN = [
  { runId: 1, task: "release", item: null },
  { runId: 2, task: "release", item: null },
  { runId: 2, task: "each", item: 3 },
];

test("a task that is named is meant, item or not", () => {
  expect(toApproval([], 7, "release")).toEqual({ task: "release", item: null });
  expect(toApproval([], 7, "each[3]")).toEqual({ task: "each", item: 3 });
});

test("the only one that asks need not be named", () => {
  expect(toApproval(OPEN, 1, undefined)).toEqual({ task: "release", item: null });
});

test.each([
  [2, "INPUT_INVALID", /release, each\[3\]\. Say which one/],
  [3, "NOT_FOUND", /No task of run_3 asks for approval.*millrace approvals/],
])("of run_%i nothing is guessed", (runId, code, message) => {
  expect(() => toApproval(OPEN, runId, undefined)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

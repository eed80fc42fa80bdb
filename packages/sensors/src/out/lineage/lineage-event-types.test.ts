import {
  isTerminal,
  RUN_STATES,
  type RunState,
  TASK_STATES,
  type TaskState,
} from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type LineageEventType,
  runEventTypes,
  taskEventTypes,
  type Transition,
} from "./lineage-event-types.ts";

const ENDS: ReadonlySet<LineageEventType> = new Set(["COMPLETE", "FAIL", "ABORT"]);

function told<S extends RunState | TaskState>(
  states: readonly S[],
  typesOf: (change: Transition<S>) => readonly LineageEventType[],
): readonly LineageEventType[] {
  const types: LineageEventType[] = [];
  states.forEach((to, at) => {
    types.push(
      ...typesOf({ from: states[at - 1] ?? null, to, hasStarted: types.includes("START") }),
    );
  });
  return types;
}

/** What is final stays as it is: a history ends with its first end. */
function untilEnd<S extends RunState | TaskState>(states: readonly S[]): readonly S[] {
  const end = states.findIndex((state) => isTerminal(state));
  return end < 0 ? states : states.slice(0, end + 1);
}

function expectLawful(types: readonly LineageEventType[]): void {
  const starts = types.filter((type) => type === "START").length;
  const ends = types.filter((type) => ENDS.has(type)).length;
  expect(starts, "at most one start").toBeLessThanOrEqual(1);
  expect(ends, "at most one end").toBeLessThanOrEqual(1);
  expect(ends, "no end without a start").toBeLessThanOrEqual(starts);
  if (ends === 1) expect(ENDS.has(types.at(-1) ?? "OTHER"), "nothing after the end").toBe(true);
  const start = types.indexOf("START");
  expect(types.slice(0, start < 0 ? undefined : start).every((type) => type === "OTHER")).toBe(
    true,
  );
}

test("whatever a run goes through, OpenLineage is told one start and one end, the end last", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...RUN_STATES), { minLength: 1 }), (states) => {
      const types = told(untilEnd(states), runEventTypes);
      expectLawful(types);
      const ended = states.some((each) => each !== "queued" && each !== "running");
      expect(
        types.some((type) => ENDS.has(type)),
        "a run that ends says so",
      ).toBe(ended);
    }),
  );
});

test("whatever a task goes through, OpenLineage is told one start and one end, or nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...TASK_STATES), { minLength: 1 }), (states) => {
      const types = told(untilEnd(states), taskEventTypes);
      expectLawful(types);
      expect(types.length > 0).toBe(types.includes("START"));
    }),
  );
});

test.each([
  [
    ["queued", "running", "succeeded"],
    ["OTHER", "START", "COMPLETE"],
  ],
  [
    ["queued", "failed"],
    ["OTHER", "START", "FAIL"],
  ],
  [
    ["running", "running", "cancelled"],
    ["START", "RUNNING", "ABORT"],
  ],
] as const)("a run that is %s is told as %s", (states, types) => {
  expect(told<RunState>(states, runEventTypes)).toEqual(types);
});

test.each([
  [
    ["queued", "running", "waiting", "running", "succeeded"],
    ["START", "RUNNING", "COMPLETE"],
  ],
  [["upstream_failed"], []],
  [["queued", "cancelled"], []],
  [
    ["running", "skipped"],
    ["START", "COMPLETE"],
  ],
  [
    ["running", "failed"],
    ["START", "FAIL"],
  ],
] as const)("a task that is %s is told as %s", (states, types) => {
  expect(told<TaskState>(states, taskEventTypes)).toEqual(types);
});

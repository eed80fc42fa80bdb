import { expect, test } from "vitest";
import type { JsonValue } from "../spec/json.ts";
import { takeSteps } from "./take-steps.ts";

type Step = readonly [memory: string, from: JsonValue, value: JsonValue];

interface Case {
  readonly steps: readonly Step[];
  readonly held?: Readonly<Record<string, JsonValue>>;
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly late?: readonly number[];
}

const ABOVE: Step = ["a", 5, 7];

test.each<[string, Case]>([
  ["the first of a memory is taken from nothing", { steps: [["a", null, 5]], values: { a: 5 } }],
  [
    "one from what is there is taken",
    { steps: [["a", { n: 5 }, 7]], held: { a: { n: 5 } }, values: { a: 7 } },
  ],
  ["one from what was there is late", { steps: [ABOVE], held: { a: 6 }, values: {}, late: [0] }],
  [
    "one from nothing is late when there is something",
    { steps: [["a", null, 7]], held: { a: 6 }, values: {}, late: [0] },
  ],
  [
    "of two from one value the first is taken",
    { steps: [ABOVE, ABOVE], held: { a: 5 }, values: { a: 7 }, late: [1] },
  ],
  [
    "steps that follow each other are all taken",
    { steps: [ABOVE, ["a", 7, 9]], held: { a: 5 }, values: { a: 9 } },
  ],
  [
    "memories do not know of each other",
    { steps: [ABOVE, ["b", null, 1]], held: { a: 6 }, values: { b: 1 }, late: [0] },
  ],
])("%s", (_what, { steps, held = {}, values, late = [] }) => {
  const given = steps.map(([memory, from, value], stepId) => ({
    stepId,
    memory,
    remember: { from, value },
  }));
  const taken = takeSteps(given, new Map(Object.entries(held)));
  expect(Object.fromEntries(taken.values)).toEqual(values);
  expect([...taken.late]).toEqual(late);
});

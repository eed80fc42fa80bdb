import type { JsonValue } from "../spec/json.ts";
import { expect, test } from "vitest";
import { takeSteps } from "./take-steps.ts";

type Step = readonly [memory: string, from: JsonValue, value: JsonValue];

test.each<
  [
    what: string,
    steps: readonly Step[],
    held: Record<string, JsonValue>,
    values: object,
    late: number[],
  ]
>([
  ["the first of a memory is taken from nothing", [["a", null, 5]], {}, { a: 5 }, []],
  ["one from what is there is taken", [["a", { n: 5 }, 7]], { a: { n: 5 } }, { a: 7 }, []],
  ["one from what was there before is late", [["a", 5, 7]], { a: 6 }, {}, [0]],
  ["one from nothing is late when there is something", [["a", null, 7]], { a: 6 }, {}, [0]],
  [
    "of two from one value the first is taken",
    [
      ["a", 5, 7],
      ["a", 5, 7],
    ],
    { a: 5 },
    { a: 7 },
    [1],
  ],
  [
    "steps that follow each other are all taken",
    [
      ["a", 5, 7],
      ["a", 7, 9],
    ],
    { a: 5 },
    { a: 9 },
    [],
  ],
  [
    "memories do not know of each other",
    [
      ["a", 5, 7],
      ["b", null, 1],
    ],
    { a: 6 },
    { b: 1 },
    [0],
  ],
])("%s", (_what, steps, held, values, late) => {
  const given = steps.map(([memory, from, value], stepId) => ({
    stepId,
    memory,
    remember: { from, value },
  }));
  const taken = takeSteps(given, new Map(Object.entries(held)));
  expect(Object.fromEntries(taken.values)).toEqual(values);
  expect([...taken.late]).toEqual(late);
});

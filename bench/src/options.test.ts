import { expect, test } from "vitest";
import type { CountCase } from "./harness.ts";
import { readOptions } from "./options.ts";

const cases = [
  caseOf("engine-chain", true),
  caseOf("engine-fan-out", false),
  caseOf("maps", false),
];

function caseOf(name: string, isQuick: boolean): CountCase {
  const count = () => Promise.resolve({ value: 1, load: "", notes: [] });
  return { name, title: name, unit: "", goal: null, isQuick, count };
}

function read(...args: readonly string[]) {
  const options = readOptions(args, cases, {});
  if (typeof options === "string") return options;
  const names = options.cases.map(({ name }) => name);
  return { ...options, cases: names, leftOut: options.leftOut.map(({ name }) => name) };
}

test("the full form measures all cases three times and makes the page", () => {
  expect(read()).toMatchObject({ runs: 3, page: true, leftOut: [] });
  expect(read()).toHaveProperty("cases", ["engine-chain", "engine-fan-out", "maps"]);
});

test("the quick form measures its subset once, and knows what it leaves out", () => {
  expect(read("--quick")).toMatchObject({
    ...{ runs: 1, page: false, cases: ["engine-chain"] },
    leftOut: ["engine-fan-out", "maps"],
  });
});

test("a name stands for a case or a group, quick or not", () => {
  expect(read("--quick", "engine")).toMatchObject({
    ...{ cases: ["engine-chain", "engine-fan-out"], leftOut: [], page: false },
  });
});

test("how often is said by an option, or by the environment where that is not given", () => {
  const environment = { MILLRACE_BENCH_RUNS: "2" };
  expect(readOptions([], cases, environment)).toMatchObject({ runs: 2 });
  expect(readOptions(["--runs", "5"], cases, environment)).toMatchObject({ runs: 5 });
});

test("what cannot be is refused in a sentence", () => {
  expect(read("engines")).toBe(
    "No such case: engines. There are: engine-chain, engine-fan-out, maps.",
  );
  expect(read("--runs", "0")).toContain("--runs 3");
  expect(read("--quick", "--page")).toContain("leave out --quick or --page");
  expect(read("--page", "--against", "main")).toContain("leave out --against or --page");
});

import { describe, expect, test } from "vitest";
import { type Asked, chooseCases, unknownOf } from "./choose-cases.ts";
import type { BenchCase } from "./harness.ts";

const NONE: Asked = { names: [], peers: [], quick: false };
const CASES: readonly BenchCase[] = [
  named("engine-chain", { isQuick: true }),
  named("peers-chain-swift", { peer: "swift" }),
  named("peers-chain-slow", { peer: "slow", onlyAsked: true }),
  named("peers-tasks-slow", { peer: "slow", onlyAsked: true }),
];

describe("a run", () => {
  test("that asks for nothing has all cases but those that want to be asked for", () => {
    expect(chosen({})).toEqual(["engine-chain", "peers-chain-swift"]);
  });

  test("that is quick has the quick ones only", () => {
    expect(chosen({ quick: true })).toEqual(["engine-chain"]);
  });

  test("has what it names, quick or not", () => {
    expect(chosen({ names: ["peers-chain"], quick: true })).toEqual(["peers-chain-swift"]);
  });

  test("has those that want to be asked for by their own name, not by that of a group", () => {
    expect(chosen({ names: ["peers"] })).toEqual(["peers-chain-swift"]);
    expect(chosen({ names: ["peers-chain-slow"] })).toEqual(["peers-chain-slow"]);
  });

  test("has all cases of the peers that it names", () => {
    expect(chosen({ peers: ["slow"], quick: true })).toEqual([
      "peers-chain-slow",
      "peers-tasks-slow",
    ]);
    expect(chosen({ peers: ["slow", "swift"] })).toHaveLength(3);
  });

  test("that names cases and peers has those that are both", () => {
    expect(chosen({ names: ["peers-chain"], peers: ["slow"] })).toEqual(["peers-chain-slow"]);
  });
});

test("a case or a peer that is not there is told", () => {
  const asked = { ...NONE, names: ["engine", "eng"], peers: ["slow", "none"] };
  expect(unknownOf(CASES, asked)).toEqual(["eng", "--peer none"]);
});

function chosen(asked: Partial<Asked>): readonly string[] {
  return chooseCases(CASES, { ...NONE, ...asked }).map(({ name }) => name);
}

function named(name: string, rest: Partial<BenchCase>): BenchCase {
  const prepare = () => ({ load: "", ours: () => 1, baseline: () => 1 });
  return { name, title: name, ratioGoal: null, prepare, ...rest };
}

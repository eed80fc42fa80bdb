import { describe, expect, test } from "vitest";
import { RUN_IF_RULES, type RunIf } from "../spec/task-spec.ts";
import { countRuled } from "./rule-counts.ts";
import { decideRule as decideCounts, type RuleDecision } from "./run-if.ts";
import type { TaskState } from "./states.ts";

function decideRule(rule: RunIf, states: readonly (TaskState | undefined)[]): RuleDecision {
  return decideCounts(rule, countRuled(states.map((state) => state && { state, items: null })));
}

const S = "succeeded";
const F = "failed";
const U = "upstream_failed";
const K = "skipped";

/** What each rule says once all of its upstream tasks have ended. */
const TABLE: Readonly<Record<RunIf, readonly (readonly [TaskState[], RuleDecision])[]>> = {
  all_success: [
    [[S, S], "start"],
    [[S, F], "upstream_failed"],
    [[S, U], "upstream_failed"],
    [[S, K], "skipped"],
    [[F, K], "upstream_failed"],
    [[S, "cancelled"], "upstream_failed"],
  ],
  all_failed: [
    [[F, U], "start"],
    [[S, F], "skipped"],
    [[F, K], "skipped"],
  ],
  all_done: [
    [[S, F], "start"],
    [[K, K], "start"],
  ],
  all_skipped: [
    [[K, K], "start"],
    [[K, S], "skipped"],
    [[K, F], "skipped"],
  ],
  at_least_one_success: [
    [[S, F], "start"],
    [[F, K], "upstream_failed"],
    [[K, K], "skipped"],
  ],
  at_least_one_failed: [
    [[S, F], "start"],
    [[S, U], "start"],
    [[S, K], "skipped"],
  ],
  at_least_one_done: [
    [[S, K], "start"],
    [[F, K], "start"],
    [[U, K], "skipped"],
    [["cancelled", U], "start"],
    [[K, K], "skipped"],
  ],
  none_failed: [
    [[S, K], "start"],
    [[K, K], "start"],
    [[S, F], "upstream_failed"],
  ],
  none_failed_min_one_success: [
    [[S, K], "start"],
    [[K, K], "skipped"],
    [[S, F], "upstream_failed"],
  ],
  none_skipped: [
    [[S, F], "start"],
    [[S, K], "skipped"],
  ],
  always: [
    [[F, F], "start"],
    [[K, K], "start"],
  ],
};

describe.each(RUN_IF_RULES)("the rule %s", (rule) => {
  test.each(TABLE[rule])("of %j says %s", (upstream, decision) => {
    expect(decideRule(rule, upstream)).toBe(decision);
    expect(decideRule(rule, upstream.toReversed())).toBe(decision);
  });

  test("starts a task that nothing comes before", () => {
    expect(decideRule(rule, [])).toBe("start");
  });
});

test("a rule that would say no waits until all upstream tasks have ended", () => {
  expect(decideRule("all_success", [F, undefined])).toBe("wait");
  expect(decideRule("none_skipped", [K, "running"])).toBe("wait");
  expect(decideRule("all_done", [S, "waiting"])).toBe("wait");
});

test("one outcome is enough for the rules that ask for one", () => {
  expect(decideRule("at_least_one_success", [S, "running"])).toBe("start");
  expect(decideRule("at_least_one_failed", [F, "running"])).toBe("start");
  expect(decideRule("at_least_one_done", [F, undefined])).toBe("start");
  expect(decideRule("at_least_one_success", [F, undefined])).toBe("wait");
  expect(decideRule("always", [undefined, undefined])).toBe("start");
});

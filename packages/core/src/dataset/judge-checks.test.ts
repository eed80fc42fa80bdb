import { describe, expect, test } from "vitest";
import type { CheckSpec } from "../spec/dataset-spec.ts";
import { judgeChecks, reportProblems } from "./judge-checks.ts";

const hasRows: CheckSpec = {
  name: "has rows",
  blocking: true,
  that: { path: ["metadata", "rows"], op: "gt", value: 0 },
};
const noNulls: CheckSpec = { name: "no nulls", blocking: true, that: null };
const tidy: CheckSpec = { name: "tidy", blocking: false, that: null };

describe("an update", () => {
  test("of a dataset without checks passes, and has no record of any", () => {
    expect(judgeChecks(undefined, {})).toEqual({ checks: null, quarantined: false });
    expect(judgeChecks([], {})).toEqual({ checks: null, quarantined: false });
  });

  test("is quarantined when a blocking check does not match it", () => {
    const judge = (rows: number) => judgeChecks([hasRows], { metadata: { rows } });
    expect(judge(1)).toEqual({ checks: { "has rows": true }, quarantined: false });
    expect(judge(0)).toEqual({ checks: { "has rows": false }, quarantined: true });
    expect(judgeChecks([hasRows], {}).quarantined).toBe(true);
  });

  test("is quarantined when a blocking check was reported failed, or not reported", () => {
    expect(judgeChecks([noNulls], {}, { "no nulls": true }).quarantined).toBe(false);
    expect(judgeChecks([noNulls], {}, { "no nulls": false }).quarantined).toBe(true);
    expect(judgeChecks([noNulls], {})).toEqual({ checks: {}, quarantined: true });
  });

  test("passes although a check failed that does not block", () => {
    const judged = judgeChecks([tidy], {}, { tidy: false });
    expect(judged).toEqual({ checks: { tidy: false }, quarantined: false });
  });

  test("is not passed by a report where its facts say otherwise", () => {
    const judged = judgeChecks([hasRows], { metadata: { rows: 0 } }, { "has rows": true });
    expect(judged.quarantined).toBe(true);
  });

  test("is not judged by what every object inherits", () => {
    const inherited: CheckSpec = { name: "toString", blocking: true, that: null };
    expect(judgeChecks([inherited], {}).quarantined).toBe(true);
  });
});

describe("a report", () => {
  test("names each blocking check that is reported", () => {
    expect(reportProblems([hasRows, noNulls, tidy], { "no nulls": false })).toEqual([]);
    expect(reportProblems([noNulls, tidy], { tidy: true })).toEqual([
      'the blocking check "no nulls" was not reported; say true or false',
    ]);
  });

  test("names no other", () => {
    expect(reportProblems([hasRows, tidy], { "has rows": true })).toEqual([
      'check "has rows" is not one that is reported; these are: "tidy"',
    ]);
    expect(reportProblems(undefined, { x: true })).toEqual([
      'check "x" is not one that is reported; these are: none',
    ]);
    expect(reportProblems([tidy], { tidy: "yes" })).toEqual(['check "tidy" must be true or false']);
  });
});

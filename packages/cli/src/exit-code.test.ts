import { type ErrorCode, type ErrorData, MillraceError } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { EXIT, exitCodeOf, exitCodeOfRun } from "./exit-code.ts";

const failed = <C extends ErrorCode>(code: C, data: ErrorData[C]): MillraceError<C> =>
  new MillraceError(code, data, "it did not work");
const sqlError = (code: string): Error => Object.assign(new Error("refused"), { code });

test.each([
  [8, failed("DEFINITION_INVALID", { problems: [] })],
  [3, failed("NOT_FOUND", { what: "run", name: "run_1" })],
  [2, failed("INPUT_INVALID", { what: "params", issues: [] })],
  [5, failed("CONFLICT", { what: "deployment", detail: "older" })],
  [4, failed("FORBIDDEN", { what: "approval", needs: ["manager"] })],
  [1, failed("OUTPUT_INVALID", { what: "output", issues: [] })],
  [5, failed("SCHEMA_MISMATCH", { found: 0, wanted: 1 })],
  [5, failed("DIRECTORY_LOCKED", { directory: "db", holder: "process 1" })],
  [7, failed("SERVICE_UNFIT", { service: "redis", detail: "evicts" })],
  [7, failed("STORE_UNAVAILABLE", { operation: "register" })],
  [4, sqlError("28P01")],
  [4, sqlError("42501")],
  [7, sqlError("3D000")],
  [7, sqlError("ECONNREFUSED")],
  [1, sqlError("23505")],
  [1, new Error("who would have thought")],
  [1, "not even an error"],
])("exit code %i stands for %s", (code, error) => {
  expect(exitCodeOf(error)).toBe(code);
});

test.each([
  [0, "succeeded"],
  [10, "failed"],
  [11, "cancelled"],
] as const)("exit code %i stands for a run that %s", (code, state) => {
  expect(exitCodeOfRun(state)).toBe(code);
});

test("no number stands for two things", () => {
  const codes = Object.values(EXIT);
  expect(new Set(codes).size).toBe(codes.length);
});

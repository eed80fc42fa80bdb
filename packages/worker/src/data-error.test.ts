import { expect, test } from "vitest";
import { isDataError } from "./data-error.ts";

const withState = (code: string): Error => Object.assign(new Error("from the server"), { code });

test("what the data of a statement caused is told from what the world did", () => {
  expect(["22P02", "22021", "23505", "54000"].map((code) => isDataError(withState(code)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const others = ["40P01", "08006", "57P01", "53100", "ECONNRESET"];
  expect(others.filter((code) => isDataError(withState(code)))).toEqual([]);
});

test("the cause of an error is looked at, and what is no error is none", () => {
  expect(isDataError(new Error("flush", { cause: withState("22003") }))).toBe(true);
  expect(isDataError({ code: "22003" })).toBe(false);
});

import { expect, test } from "vitest";
import { isConflict, isConnectionError, sqlstateOf } from "./sqlstate.ts";

const withCode = (code: string): Error => Object.assign(new Error("no"), { code });

test.each(["EPIPE", "ECONNRESET", "ENETUNREACH", "08006", "57P01", "53300"])(
  "%s means that the connection broke",
  (code) => {
    expect(isConnectionError(withCode(code))).toBe(true);
  },
);

test.each(["22P05", "23505", "40P01", "54000"])("%s is what the server answered", (code) => {
  expect(isConnectionError(withCode(code))).toBe(false);
  expect(sqlstateOf(withCode(code))).toBe(code);
});

test("deadlocks and serialization failures may be tried again", () => {
  expect(["40P01", "40001", "23505"].map((code) => isConflict(withCode(code)))).toEqual([
    true,
    true,
    false,
  ]);
});

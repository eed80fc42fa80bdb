import { expect, test } from "vitest";
import { storedErrorWords } from "./words.ts";

test.each([
  ["Error", "no rows"],
  ["NonRetryable", "no rows"],
  ["MillraceError", "no rows"],
  ["RangeError", "RangeError: no rows"],
])("an error of class %s is shown as %j", (name, shown) => {
  expect(storedErrorWords({ name, message: "no rows" })).toBe(shown);
});

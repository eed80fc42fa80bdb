import { expect, test } from "vitest";
import { foreignLine, foreignText, storedErrorWords } from "./words.ts";

test.each([
  ["Error", "no rows"],
  ["NonRetryable", "no rows"],
  ["MillraceError", "no rows"],
  ["RangeError", "RangeError: no rows"],
])("an error of class %s is shown as %j", (name, shown) => {
  expect(storedErrorWords({ name, message: "no rows" })).toBe(shown);
});

test("what somebody outside wrote begins no line, and commands no terminal", () => {
  const text = "cannot\r\n2026 refused\u001b[2J\u202e it\t!";
  expect(foreignLine(text)).toBe("cannot 2026 refused [2J it !");
  expect(foreignText("a\n\tb\u001b[2J\r")).toBe("a\n\tb\uFFFD[2J\uFFFD");
});

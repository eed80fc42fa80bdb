import { expect, test } from "vitest";
import { daily, monthly } from "./partition-scheme.ts";

test.each([
  ["nothing", () => monthly(undefined as never)],
  ["a text", () => daily("2026-01-01" as never)],
])("a calendar that is given %s says what it wants", (_, define) => {
  expect(define).toThrow(/does not say where it starts: write e\.g\. daily\(\{ start/);
});

import { expect, test } from "vitest";
import { givenTrace } from "./given-trace.ts";

const ONE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER = "00-11111111111111111111111111111111-2222222222222222-00";

test("the option goes before the environment", () => {
  expect(givenTrace(ONE, { TRACEPARENT: OTHER })).toBe(ONE);
  expect(givenTrace(undefined, { TRACEPARENT: OTHER })).toBe(OTHER);
  expect(givenTrace(undefined, {})).toBeNull();
});

test("a broken option is refused, and a broken environment is none", () => {
  expect(() => givenTrace("00-1-2-01", {})).toThrow(/no W3C trace/);
  expect(givenTrace(undefined, { TRACEPARENT: "00-1-2-01" })).toBeNull();
});

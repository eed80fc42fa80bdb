import { expect, test } from "vitest";
import { untoldLine } from "./wait-until-told.ts";

test.each([
  [1, null, "webhook/crm: 1 message waits; sent while"],
  [3, "it answered 503", "webhook/crm: 3 messages wait (it answered 503); sent while"],
] as const)("%i of which the oldest failed with %j", (count, problem, line) => {
  expect(untoldLine({ name: "webhook/crm", count, problem })).toContain(line);
});

import { expect, test } from "vitest";
import { refuseUnknownParams } from "./known-params.ts";

const schema = { type: "object", properties: { name: {}, times: {} } };

test("a param that the schema names is let be", () => {
  expect(() => refuseUnknownParams("greet", schema, ["name", "times"])).not.toThrow();
});

test.each([
  ["tims", "greet has no param tims. Did you mean times?"],
  ["colour", "greet has no param colour. It has name, times."],
])("the param %s that it does not name is refused with a mend", (name, message) => {
  expect(() => refuseUnknownParams("greet", schema, ["name", name])).toThrow(message);
});

test("a pipeline without params takes none", () => {
  expect(() => refuseUnknownParams("greet", null, ["name"])).toThrow("It takes none.");
  expect(() => refuseUnknownParams("greet", null, [])).not.toThrow();
});

test.each([
  { ...schema, additionalProperties: {} },
  { ...schema, patternProperties: { "^x-": {} } },
  { anyOf: [schema] },
])("a schema that takes more than it names is not second-guessed: %j", (open) => {
  expect(() => refuseUnknownParams("greet", open, ["anything"])).not.toThrow();
});

import { expect, test } from "vitest";
import { findName } from "./find-name.ts";
import { editDistance, nearNames } from "./near-names.ts";

const IDS = ["default/orders", "ops/orders", "ops/flights", "a/delays", "b/delays"];

test("a full name means itself", () => {
  expect(findName("pipeline", "ops/orders", IDS)).toBe("ops/orders");
});

test("a name alone means the default namespace's, even when others have it", () => {
  expect(findName("pipeline", "orders", IDS)).toBe("default/orders");
});

test("a name alone means the only one of that name", () => {
  expect(findName("pipeline", "flights", IDS)).toBe("ops/flights");
});

test("a name that two namespaces have is refused with both", () => {
  expect(() => findName("pipeline", "delays", IDS)).toThrow(/a\/delays, b\/delays/);
});

test("an unknown name is refused with what is near", () => {
  expect(() => findName("pipeline", "fligths", IDS)).toThrow(
    "There is no pipeline fligths. Did you mean ops/flights?",
  );
});

test("a name in another namespace is not what was meant", () => {
  expect(() => findName("pipeline", "lab/orders", IDS)).toThrow(/no pipeline lab\/orders/);
});

test("what begins with the typed text is near, and what has nothing to do with it is not", () => {
  expect(nearNames("fli", IDS)).toEqual(["ops/flights"]);
  expect(nearNames("zebra", IDS)).toEqual([]);
});

test.each([
  ["", "abc", 3],
  ["abc", "abc", 0],
  ["abc", "acb", 1],
  ["kitten", "sitting", 3],
  ["ab", "b", 1],
])("from %j to %j it takes %i edits, and as many back", (one, other, edits) => {
  expect(editDistance(one, other)).toBe(edits);
  expect(editDistance(other, one)).toBe(edits);
});

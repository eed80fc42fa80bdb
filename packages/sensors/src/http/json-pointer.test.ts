import { expect, test } from "vitest";
import { pointerProblem, valueAt } from "./json-pointer.ts";

/** The examples of RFC 6901, section 5. */
const RFC = JSON.parse(
  String.raw`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`,
);

test.each([
  ["", RFC],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/e^f", 3],
  ["/g|h", 4],
  ["/i\\j", 5],
  ['/k"l', 6],
  ["/ ", 7],
  ["/m~0n", 8],
])("the pointer %j finds what RFC 6901 says", (pointer, value) => {
  expect(pointerProblem(pointer)).toBeNull();
  expect(valueAt(RFC, pointer)).toEqual(value);
});

test.each([
  "/foo/2",
  "/foo/-",
  "/foo/00",
  "/foo/length",
  "/bar",
  "/foo/0/x",
  "/__proto__",
  "/toString",
])("the pointer %j finds nothing", (pointer) => {
  expect(valueAt(RFC, pointer)).toBeUndefined();
});

test("an escape of an escape is undone once", () => {
  expect(valueAt({ "~1": "tilde", "/": "slash" }, "/~01")).toBe("tilde");
});

test.each(["foo", "/a~", "/a~2", "/".repeat(34), `/${"x".repeat(600)}`])(
  "%j is no pointer",
  (pointer) => {
    expect(pointerProblem(pointer)).not.toBeNull();
  },
);

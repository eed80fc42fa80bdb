import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExactJson } from "./parse-exact-json.ts";

test("whatever JSON writes is read back", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseExactJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test.each(["9007199254740993", '{"a":[-9007199254740993]}', "1e400", "-1e999", "1".repeat(400)])(
  "%.30s is refused, because its number would be another",
  (text) => {
    expect(parseExactJson(text)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^the number .{1,40} would lose digits; write it as a text$/),
    });
  },
);

test.each([
  "9007199254740992",
  "1152921504606846976",
  // What this number is written as, though what it holds is ...856.
  "136741030238229860",
  "0.1",
  "1e300",
  '"9007199254740993"',
])("%s is read as it is", (text) => {
  expect(parseExactJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test("a key that objects inherit is a key like any other", () => {
  const read = parseExactJson('{"__proto__":{"polluted":true}}');
  expect(JSON.stringify(read)).toBe('{"ok":true,"value":{"__proto__":{"polluted":true}}}');
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test.each(["", "{", "[1,]", "undefined", `${"[".repeat(100_000)}`])("%.20j is no JSON", (text) => {
  expect(parseExactJson(text).ok).toBe(false);
});

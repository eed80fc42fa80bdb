import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkJson } from "./check-json.ts";

/** The problem with a value, which must have one. */
function problemOf(value: unknown, bytesMax?: number): string {
  const check = checkJson(value, "result", bytesMax);
  if (check.ok) throw new Error("it was accepted");
  return check.problem;
}

test("what JSON carries comes back equal", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes("\\u0000") && !/\\ud[89a-f]/.test(text));
      fc.pre(!/(?<!\.\d*|e[+-]?)\d{16}/.test(text));
      expect(checkJson(value, "result")).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("the copy does not follow later changes", () => {
  const rows = [1];
  const check = checkJson({ rows }, "result");
  rows.push(2);
  expect(check).toEqual({ ok: true, value: { rows: [1] } });
});

test("minus zero is zero, as it is in JSON", () => {
  expect(checkJson(-0, "result")).toEqual({ ok: true, value: 0 });
});

test.each([2 ** 53 - 1, 1e21, -1.5e300, 0.1])("%d keeps what it says", (value) => {
  expect(checkJson(value, "result")).toEqual({ ok: true, value });
});

test("members that are undefined are left out, and plain objects of other realms count", () => {
  const value: unknown = runInNewContext("({ a: 1, b: undefined, c: [null] })");
  expect(checkJson(value, "result")).toEqual({ ok: true, value: { a: 1, c: [null] } });
});

test("a key that is called __proto__ is a key like any other", () => {
  const value: unknown = JSON.parse('{"__proto__":{"admin":true}}');
  const check = checkJson(value, "result");
  expect(JSON.stringify(check)).toBe('{"ok":true,"value":{"__proto__":{"admin":true}}}');
});

class Point {
  readonly x = 1;
}
const circle: unknown[] = [];
circle.push(circle);

test.each<[string, unknown, string]>([
  ["a BigInt", { rows: [0, 0, 0, { when: 5n }] }, "result.rows[3].when: BigInt is not JSON"],
  ["a Date", { "a b": new Date(0) }, 'result["a b"]: Date is not JSON; return its toISOString()'],
  ["a Map", new Map(), "result: Map is not JSON; return an array"],
  ["a class instance", [new Point()], "result[0]: Point is not JSON; return a plain object"],
  ["a promise", { a: Promise.resolve() }, "result.a: Promise is not JSON; await it first"],
  ["a function", () => 1, "result: a function is not JSON"],
  ["a symbol", { a: Symbol("s") }, "result.a: a symbol is not JSON"],
  ["undefined in a list", [1, undefined], "result[1]: undefined is not JSON; return null"],
  ["a hole in a list", Object.assign([1], { length: 2 }), "result[1]: undefined"],
  ["NaN", { a: Number.NaN }, "result.a: NaN is not JSON"],
  ["infinity", -Infinity, "result: -Infinity is not JSON"],
  ["an id that has lost digits", { id: 2 ** 53 }, "result.id: 9007199254740992 lies beyond ±2^53"],
  ["a negative one", [-1e20], "result[0]: -100000000000000000000 lies beyond"],
  ["a NUL", { a: "x\0" }, "result.a holds a NUL character"],
  ["a NUL in a key", { "x\0": 1 }, "holds a NUL character"],
  ["half of a surrogate pair", ["\uD800"], "result[0] holds half of a surrogate pair"],
  ["a circle", circle, "is nested deeper than 64, or in a circle"],
])("%s is refused, by its path", (_name, value, problem) => {
  expect(problemOf(value)).toContain(problem);
});

test("a getter that throws is a problem and not a crash", () => {
  const value = {
    get rows(): number {
      throw new Error("no rows here");
    },
  };
  expect(problemOf(value)).toBe("result cannot be read: no rows here");
});

test("size is counted in bytes of UTF-8, exactly", () => {
  expect(checkJson("é".repeat(511), "result", 1024).ok).toBe(true);
  expect(problemOf("é".repeat(512), 1024)).toContain("larger than 1 KiB");
});

test("what is far too large is given up on early", () => {
  const reads: number[] = [];
  const items = Array.from({ length: 100_000 }, (_, index) => ({
    get text(): string {
      reads.push(index);
      return "x".repeat(1_000);
    },
  }));
  expect(problemOf(items)).toContain("larger than 1024 KiB");
  expect(reads.length).toBeLessThan(2_000);
});

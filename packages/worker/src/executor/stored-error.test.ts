import { cleaned } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toStoredError } from "./stored-error.ts";

test("an error keeps its name, message and stack", () => {
  const error = new RangeError("too far");
  expect(toStoredError(error, "error")).toEqual({
    name: "RangeError",
    message: "too far",
    stack: error.stack,
    reason: "error",
  });
});

test("the stack tells of the errors behind it, each once", () => {
  const first = new Error("disk full");
  const second = new Error("cannot write", { cause: first });
  first.cause = second;
  const { stack } = toStoredError(new AggregateError([second, "a text"], "all failed"), "error");
  expect(stack?.match(/caused by: Error: cannot write/g)).toHaveLength(1);
  expect(stack?.match(/caused by: Error: disk full/g)).toHaveLength(1);
  expect(stack).toContain("caused by: a text");
});

test("NUL and half surrogates are replaced, and long texts cut", () => {
  const error = new Error(`a\0b\uD800c${"é".repeat(20_000)}`);
  const { message, stack } = toStoredError(error, "error");
  expect(message.startsWith("a\uFFFDb\uFFFDc")).toBe(true);
  expect(message.endsWith("é…")).toBe(true);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(16 * 1024);
  expect(Buffer.byteLength(stack ?? "")).toBeLessThanOrEqual(16 * 1024);
});

test.each<[string, unknown, string]>([
  ["a text", "boom", "thrown: boom"],
  ["null", null, "thrown: null"],
  ["undefined", undefined, "thrown: undefined"],
  ["an object", { code: 7 }, 'thrown: {"code":7}'],
  ["a symbol", Symbol("s"), "thrown: Symbol(s)"],
  ["a BigInt inside", { n: 1n }, "thrown: something that cannot be shown (object)"],
  ["a revoked proxy", revoked(), "thrown: something that cannot be shown (object)"],
])("%s can be thrown too", (_name, thrown, message) => {
  expect(toStoredError(thrown, "error")).toMatchObject({ name: "NonError", message, stack: null });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test("an error whose properties throw or are no texts is stored all the same", () => {
  const error = new Error("x");
  Object.defineProperty(error, "message", {
    get() {
      throw new Error("no message");
    },
  });
  Object.defineProperty(error, "name", { value: 7 });
  Object.defineProperty(error, "stack", { value: undefined });
  const stored = toStoredError(error, "error");
  expect(stored).toEqual({ name: "Error", message: "", stack: null, reason: "error" });
});

test("whatever the text, the cleaned one can be stored and is as long as allowed", () => {
  const any = fc.string({ unit: "binary", maxLength: 60 });
  const broken = fc.constantFrom("\0", "\uD800", "\uDC00", "😀", "é");
  const text = fc.array(fc.oneof(any, broken)).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 8, max: 64 }), (given, bytesMax) => {
      const clean = cleaned(given, bytesMax);
      expect(clean.isWellFormed() && !clean.includes("\0")).toBe(true);
      expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(bytesMax);
      if (Buffer.byteLength(given.toWellFormed()) < bytesMax / 3) {
        expect(clean).toBe(given.replaceAll("\0", "\uFFFD").toWellFormed());
      }
    }),
  );
});

test("what must not be shown is taken out before a text is cut, so that no part of it is left", () => {
  const error = new Error(`${"x".repeat(16 * 1024 - 4)}hidden`);
  const stored = toStoredError(error, "error", (text) => text.replaceAll("hidden", "***"));
  expect(stored.message).toMatch(/x\*\*\*$/);
  expect(`${stored.message}${stored.stack}`).not.toContain("hid");
});

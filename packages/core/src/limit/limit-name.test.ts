import { expect, test } from "vitest";
import { keyText } from "./limit-name.ts";

const text = (id: string): string => keyText(["params", "id"], { params: { id }, partition: {} });

test("the key of a limit is its value, as JSON", () => {
  expect(text("a b")).toBe('"a b"');
  expect(keyText(["params", "none"], { params: {}, partition: {} })).toBe("null");
});

test("a key that no index can hold is its hash, and no two become one", () => {
  const [one, other] = ["x", "y"].map((end) => text(`${"é".repeat(50_000)}${end}`));
  expect(one).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(other).not.toBe(one);
  expect(text(one ?? "")).not.toBe(one);
});

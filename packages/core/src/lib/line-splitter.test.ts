import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

function linesOf(...parts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const part of parts) splitter.write(part);
  splitter.end();
  return lines;
}

test("lines come whole, however the text is cut", () => {
  const whole = ["one", "", "two", "three"];
  expect(linesOf("one\n\ntwo\r\nthree")).toEqual(whole);
  expect(linesOf("o", "ne\n\ntwo\r", "\nth", "ree")).toEqual(whole);
  expect(linesOf(...Array.from("one\n\ntwo\r\nthree\n"))).toEqual(whole);
  expect(linesOf("")).toEqual([]);
});

test("a very long line comes in pieces, whether or not it ends", () => {
  const text = "x".repeat(20_000);
  expect(linesOf(text).join("")).toBe(text);
  expect(linesOf(`${text}\n`, "end").map(({ length }) => length)).toEqual([8_192, 8_192, 3_616, 3]);
});

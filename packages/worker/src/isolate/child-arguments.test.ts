import { expect, test } from "vitest";
import { childArguments } from "./child-arguments.ts";

test("keeps what decides which code is loaded, and nothing else", () => {
  const given = [
    "--inspect=9229",
    "--import",
    "tsx",
    "-C=dev",
    "--max-old-space-size=99",
    "--test",
  ];
  expect(childArguments(given, { memoryMb: null, isSource: false })).toEqual([
    "--import",
    "tsx",
    "-C=dev",
  ]);
});

test("sets the memory limit, and finds the sources where we run from them", () => {
  const source = "--conditions=@millrace/source";
  expect(childArguments([source], { memoryMb: 64.5, isSource: true })).toEqual([
    source,
    "--max-old-space-size=65",
  ]);
  expect(childArguments([], { memoryMb: null, isSource: true })).toEqual([source]);
});

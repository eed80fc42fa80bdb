import { expect, test } from "vitest";
import { parseMemoryMb } from "./memory.ts";

test.each([
  ["1MiB", 1],
  ["512MiB", 512],
  ["4GiB", 4_096],
  ["1.5GiB", 1_536],
  ["2TiB", 2_097_152],
])("%s are %i MiB", (text, mb) => {
  expect(parseMemoryMb(text)).toBe(mb);
});

test.each(["", "4", "4GB", "4 GiB", "-1GiB", "0MiB", "0.1MiB", "1e3MiB", "9999999999MiB"])(
  "%j is no size",
  (text) => {
    expect(parseMemoryMb(text)).toBeNull();
  },
);

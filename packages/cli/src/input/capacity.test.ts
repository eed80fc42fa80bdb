import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { toCapacity } from "./capacity.ts";

test("a worker that says nothing declares nothing", () => {
  expect(toCapacity({})).toBeUndefined();
});

test("CPUs may be fractions, and memory is a size", () => {
  expect(toCapacity({ cpu: "1.5", memory: "8GiB" })).toEqual({ cpu: 1.5, memoryMb: 8_192 });
  expect(toCapacity({ memory: "512MiB" })).toEqual({ memoryMb: 512 });
});

test.each([{ cpu: "0" }, { cpu: "many" }, { cpu: "9999" }, { memory: "8" }, { memory: "8GB" }])(
  "%o is refused",
  (written) => {
    expect(() => toCapacity(written)).toThrow(MillraceError);
  },
);

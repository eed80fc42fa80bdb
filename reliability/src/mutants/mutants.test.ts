import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "./list.ts";
import { applyPatch } from "./mutant.ts";

const ROOT = path.join(import.meta.dirname, "../../..");

test("there is a mutant for each bug of the list, each with a name of its own", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(15);
});

test.each(MUTANTS)("the mutant '$name' still fits the code", async ({ patches }) => {
  const texts = new Map<string, string>();
  for (const patch of patches) {
    const { file } = patch;
    const text = texts.get(file) ?? (await readFile(path.join(ROOT, file), "utf8"));
    const patched = applyPatch(text, patch);
    expect(patched).not.toBe(text);
    texts.set(file, patched);
  }
});

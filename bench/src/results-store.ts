import { readFile, writeFile } from "node:fs/promises";
import type { RepeatedResult } from "./repeated.ts";

/** What the page is made of: the latest result of each case, and on what machine it came about. */
export interface KeptResult {
  readonly machine: string;
  readonly result: RepeatedResult;
}

const FILE = new URL("../results.json", import.meta.url);

/** By case; empty before the first. */
export async function loadResults(): Promise<Readonly<Record<string, KeptResult>>> {
  const text = await readFile(FILE, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "{}";
    throw error;
  });
  return JSON.parse(text) as Record<string, KeptResult>;
}

export async function saveResults(results: Readonly<Record<string, KeptResult>>): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

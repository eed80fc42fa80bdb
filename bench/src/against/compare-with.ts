import type { BenchOptions } from "../options.ts";
import { type Compared, comparisonTable } from "./comparison-table.ts";
import { AgainstProblem } from "./problem.ts";
import { runBench, type ToldCase, type Tree } from "./run-bench.ts";
import { openWorktree, ROOT } from "./worktree.ts";

type Outcome =
  | { readonly ok: true; readonly table: string }
  | { readonly ok: false; readonly problem: string };

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Measures another state of the sources and this one by turns, and leaves nothing behind. */
export async function compareWith(ref: string, options: BenchOptions): Promise<Outcome> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    process.stderr.write(`preparing ${ref}…\n`);
    const worktree = await openWorktree(ref);
    try {
      const there = { name: ref, directory: worktree.directory };
      const compared = await measureBoth(there, options, stopped.signal);
      return { ok: true, table: comparisonTable(ref, compared) };
    } finally {
      worktree.remove();
    }
  } catch (error) {
    if (stopped.signal.aborted) return { ok: false, problem: "Stopped." };
    if (error instanceof AgainstProblem) return { ok: false, problem: error.message };
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function measureBoth(
  there: Tree,
  { cases, runs, quick, isNamed }: BenchOptions,
  signal: AbortSignal,
): Promise<readonly Compared[]> {
  const here = { name: "this tree", directory: ROOT };
  const told = { there: new Map<string, number[]>(), here: new Map<string, number[]>() };
  const names = withoutPrefixed(cases.map(({ name }) => name));
  const absent = new Set<string>();
  for (let run = 1; run <= runs; run += 1) {
    for (const name of names) {
      if (absent.has(name)) continue;
      process.stderr.write(`measuring ${name} there and here (${run} of ${runs})…\n`);
      const theirs = await runBench(there, { name, quick }, signal);
      if (theirs === null && isNamed)
        throw new AgainstProblem(`The bench of ${there.name} has no case ${name}.`);
      if (theirs === null) {
        process.stderr.write(`${there.name} has no case ${name}: left out\n`);
        absent.add(name);
        continue;
      }
      keep(told.there, theirs);
      keep(told.here, (await runBench(here, { name, quick }, signal)) ?? []);
    }
  }
  return cases
    .filter(({ name }) => told.here.has(name))
    .map(({ name }) => {
      return { name, there: told.there.get(name) ?? [], here: told.here.get(name) ?? [] };
    });
}

/** A name stands for all that begin with it as well: those would be measured twice. */
export function withoutPrefixed(names: readonly string[]): readonly string[] {
  return names.filter((name) => !names.some((other) => name.startsWith(`${other}-`)));
}

function keep(told: Map<string, number[]>, cases: readonly ToldCase[]): void {
  for (const { id, value } of cases) told.set(id, [...(told.get(id) ?? []), value]);
}

import { inspect } from "node:util";
import { compareWith } from "./against/compare-with.ts";
import { CASES } from "./cases.ts";
import { type CaseResult, measure, verdictOf } from "./harness.ts";
import { type BenchOptions, type Case, readOptions } from "./options.ts";
import { medianRun, type RepeatedResult } from "./repeated.ts";
import { writeResultsPage } from "./results-page.ts";
import { toText } from "./result-text.ts";

/**
 * `npm run bench -- [--quick] [--json] [--page] [--runs N] [--against REF] [--peer NAME]…
 * [case or group…]`:
 * measures those cases, or all; bench/README.md explains it. Results go to stdout, progress to
 * stderr. With `--json` there is `{ quick, cases: [{ id, value, goal, ok }] }`, each with all else
 * that is known of it: the value meets its goal when it is not above.
 */
const options = readOptions(process.argv.slice(2), CASES, process.env);
if (typeof options === "string") {
  process.stderr.write(`${options}\n`);
  process.exitCode = 2;
} else if (options.against !== null) {
  const outcome = await compareWith(options.against, options);
  if (outcome.ok) process.stdout.write(`${outcome.table}\n`);
  else process.stderr.write(`${outcome.problem}\n`);
  if (!outcome.ok) process.exitCode = 2;
} else {
  // Servers that it has started end with it, which they do not when a signal ends it.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  await measureAll(options);
}

async function measureAll({ quick, json, page, runs, cases, leftOut }: BenchOptions) {
  const measured = new Map<string, readonly CaseResult[]>();
  for (let run = 1; run <= runs; run += 1) {
    for (const bench of cases) {
      process.stderr.write(`measuring ${bench.name}${runs > 1 ? ` (${run} of ${runs})` : ""}…\n`);
      const result = await measureOrTell(bench, quick);
      if (result === null) continue;
      const results = [...(measured.get(bench.name) ?? []), result];
      measured.set(bench.name, results);
      // Hours may be lost with a run that does not come to its end.
      if (page) await writeResultsPage([medianRun(results)]);
      if (run === runs && !json) process.stdout.write(`${toText(medianRun(results))}\n`);
    }
  }
  const results = [...measured.values()].map(medianRun);
  if (json) process.stdout.write(`${JSON.stringify({ quick, cases: results.map(toJson) })}\n`);
  if (leftOut.length === 0) return;
  const names = leftOut.map(({ name }) => name).join(", ");
  process.stderr.write(`left out of the quick form, unless named: ${names}\n`);
}

/** A case that fails makes the whole fail at its end, and takes nothing from the others. */
async function measureOrTell(bench: Case, quick: boolean): Promise<CaseResult | null> {
  try {
    return await measure(bench, quick);
  } catch (error) {
    process.stderr.write(`${bench.name} failed: ${inspect(error)}\n`);
    process.exitCode = 1;
    return null;
  }
}

function toJson(result: RepeatedResult): object {
  return { ...result, id: result.name, ...verdictOf(result) };
}

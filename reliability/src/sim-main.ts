import { parseArgs } from "node:util";
import { failureText, playAgain } from "./run/explain-failure.ts";
import { playSeeds } from "./run/play-seeds.ts";
import { isGood, summarize, summaryText } from "./run/summary.ts";

/**
 * `npm run sim -- [--seeds N] [--seed S] [--jobs 2] [--shrink] [--bail] [--json]`: plays N
 * consecutive seeds from S on; without S from one that the clock gives. Progress and failures go
 * to stderr, the summary to stdout. Exits with 1 when an invariant broke, when a seed went two
 * ways, or when of a hundred or more seeds something never happened.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string" },
    jobs: { type: "string", default: "2" },
    shrink: { type: "boolean", default: false },
    bail: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const FAILURES_SHOWN_MAX = 5;
const count = wholeNumber("--seeds", values.seeds);
const jobs = wholeNumber("--jobs", values.jobs);
const firstSeed = values.seed === undefined ? freshSeed() : wholeNumber("--seed", values.seed);
if (count === null || jobs === null || firstSeed === null) process.exitCode = 2;
else await main(firstSeed, count, jobs);

async function main(first: number, seeds: number, players: number): Promise<void> {
  const startedMs = performance.now();
  let done = 0;
  let broken = 0;
  process.stderr.write(`seeds ${first} to ${first + seeds - 1}\n`);
  const played = await playSeeds({
    firstSeed: first,
    count: seeds,
    jobs: players,
    bail: values.bail,
    onPlayed: ({ seed, violations }) => {
      done += 1;
      for (const { invariant, what } of violations) {
        process.stderr.write(`seed ${seed}: ${invariant}: ${what}\n`);
      }
      if (violations.length > 0) broken += 1;
      if (done % 10 === 0 || violations.length > 0) {
        process.stderr.write(`${done} of ${seeds} seeds, ${broken} broke something\n`);
      }
    },
  });
  const summary = summarize(first, played, (performance.now() - startedMs) / 1_000);
  const failed = played.played.filter(({ violations }) => violations.length > 0);
  // Who reads the report only, as the hunt for mutants does, has no use for a second look.
  for (const each of values.json && !values.shrink ? [] : failed.slice(0, FAILURES_SHOWN_MAX)) {
    process.stderr.write(`\n${failureText(await playAgain(each, values.shrink))}\n`);
  }
  process.stdout.write(`${values.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
  process.exitCode = isGood(summary) ? 0 : 1;
}

function wholeNumber(option: string, text: string): number | null {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  process.stderr.write(`${option} is ${JSON.stringify(text)}: give a whole number from 1 on.\n`);
  return null;
}

/** So that no two runs of CI look at the same seeds. */
function freshSeed(): number {
  return Math.floor(Date.now() / 1_000);
}

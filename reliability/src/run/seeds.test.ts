import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { failureText, playAgain } from "./explain-failure.ts";
import { playSeeds } from "./play-seeds.ts";
import { summarize, summaryText } from "./summary.ts";

const SEEDS = 100;
const MINUTES_MAX = 20;

/** `MILLRACE_SIM_SEED` repeats a run: it is the first of its seeds, which are printed. */
const firstSeed = Number(process.env["MILLRACE_SIM_SEED"] ?? Math.floor(Date.now() / 1_000));

test(
  "a hundred stories that nobody has seen break no invariant, and all that is interesting happens",
  async () => {
    process.stderr.write(
      `seeds ${firstSeed} to ${firstSeed + SEEDS - 1}; again: MILLRACE_SIM_SEED=${firstSeed}\n`,
    );
    const startedMs = performance.now();
    const played = await playSeeds({
      firstSeed,
      count: SEEDS,
      jobs: Math.min(2, availableParallelism()),
      bail: true,
      onPlayed: () => {},
    });
    const failed = played.played.find(({ violations }) => violations.length > 0);
    const summary = summarize(firstSeed, played, (performance.now() - startedMs) / 1_000);
    process.stderr.write(`${summaryText(summary)}\n`);
    expect(failed && failureText(await playAgain(failed, false))).toBeUndefined();
    expect(summary.seeds).toBe(SEEDS);
    expect(summary.never).toEqual([]);
  },
  MINUTES_MAX * 60_000,
);

import type { Cut } from "./cut.ts";
import type { PlayedSeed } from "./played-seed.ts";
import { Player } from "./player.ts";
import { shrink } from "./shrink.ts";

const TRACE_LINES = 60;
const SHRINK_MS_MAX = 120_000;

/** What broke, how to see it again, and the last lines before it. */
export function failureText({ seed, violations, trace, labels }: PlayedSeed): string {
  return [
    `SEED ${seed} BREAKS ${[...new Set(violations.map(({ invariant }) => invariant))].join(", ")}`,
    ...violations.map(({ invariant, what }) => `  ${invariant}: ${what}`),
    ...(labels.length === 0 ? [] : ["  what happens:", ...labels.map((label) => `    ${label}`)]),
    ...(trace.length === 0
      ? []
      : [
          `  the last of ${trace.length} lines:`,
          ...trace.slice(-TRACE_LINES).map((line) => `    ${line}`),
        ]),
    `  again: npm run sim -- --seeds 1 --seed ${seed}`,
    `  smaller: npm run sim -- --seeds 1 --seed ${seed} --shrink`,
  ].join("\n");
}

/** The same seed with its trace; with `isShrunk` without all that the failure does not need. */
export async function playAgain(failed: PlayedSeed, isShrunk: boolean): Promise<PlayedSeed> {
  const { seed } = failed;
  if (failed.traceHash === "") return failed;
  const player = new Player();
  try {
    const cut = isShrunk ? await shrunk(player, failed) : null;
    const again = await player.play({ seed, cut, keepTrace: true });
    return again.violations.length > 0 ? again : { ...failed, trace: again.trace };
  } finally {
    player.close();
  }
}

async function shrunk(player: Player, failed: PlayedSeed): Promise<Cut> {
  const broken = new Set(failed.violations.map(({ invariant }) => invariant));
  const endMs = performance.now() + SHRINK_MS_MAX;
  return shrink(
    failed.cut,
    async (cut) => {
      const { violations } = await player.play({ seed: failed.seed, cut, keepTrace: false });
      return violations.some(({ invariant }) => broken.has(invariant));
    },
    () => performance.now() > endMs,
  );
}

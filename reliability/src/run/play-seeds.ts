import type { PlayedSeed } from "./played-seed.ts";
import { Player } from "./player.ts";

export interface PlaySeedsOptions {
  readonly firstSeed: number;
  readonly count: number;
  /** Child processes at once. */
  readonly jobs: number;
  /** Stop at the first seed that breaks something. */
  readonly bail: boolean;
  readonly onPlayed: (played: PlayedSeed) => void;
}

/** One seed in so many is played twice, and has to go the same way. */
const TWICE_EVERY = 20;

export interface PlayedSeeds {
  /** In order of the seeds. */
  readonly played: readonly PlayedSeed[];
  /** How many were played twice. */
  readonly twice: number;
}

/** Plays consecutive seeds, each in one of several processes. */
export async function playSeeds(options: PlaySeedsOptions): Promise<PlayedSeeds> {
  const { firstSeed, count, jobs, bail } = options;
  const played: PlayedSeed[] = [];
  let next = 0;
  let twice = 0;
  let isOver = false;
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, work));
  return { played: played.toSorted((a, b) => a.seed - b.seed), twice };

  async function work(): Promise<void> {
    const player = new Player();
    try {
      while (next < count && !isOver) {
        const place = next;
        next += 1;
        const one = await playOne(player, place);
        played.push(one);
        if (bail && one.violations.length > 0) isOver = true;
        options.onPlayed(one);
      }
    } finally {
      player.close();
    }
  }

  async function playOne(player: Player, place: number): Promise<PlayedSeed> {
    const request = { seed: firstSeed + place, cut: null, keepTrace: false };
    const one = await player.play(request);
    if (place % TWICE_EVERY !== 0 || one.traceHash === "") return one;
    twice += 1;
    const other = await player.play(request);
    return one.traceHash === other.traceHash
      ? one
      : { ...one, violations: [...one.violations, unequal(one, other)] };
  }
}

function unequal(one: PlayedSeed, other: PlayedSeed): PlayedSeed["violations"][number] {
  return {
    invariant: "I27",
    what: `seed ${one.seed} went two ways: its traces hash to ${one.traceHash.slice(0, 12)} and ${other.traceHash.slice(0, 12)}`,
    detail: { hashes: [one.traceHash, other.traceHash] },
  };
}

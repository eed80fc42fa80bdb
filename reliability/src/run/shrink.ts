import type { Cut } from "./cut.ts";

/** Whether the plan that is cut so still breaks what the whole one broke. */
export type StillBreaks = (cut: Cut) => Promise<boolean>;

/**
 * Delta debugging: leaves out parts of a plan as long as the same invariant breaks without them,
 * large pieces first. Stops at `until`, with the best so far.
 */
export async function shrink(
  whole: Cut,
  stillBreaks: StillBreaks,
  isTimeUp: () => boolean,
): Promise<Cut> {
  let best = whole;
  for (let before = -1; before !== sizeOf(best) && !isTimeUp();) {
    before = sizeOf(best);
    for (const part of ["weather", "faults", "steps"] as const) {
      best = await shrinkPart(best, part, stillBreaks, isTimeUp);
    }
  }
  return best;
}

function sizeOf({ steps, faults, weather }: Cut): number {
  return steps.length + faults.length + weather.length;
}

async function shrinkPart(
  cut: Cut,
  part: keyof Cut,
  stillBreaks: StillBreaks,
  isTimeUp: () => boolean,
): Promise<Cut> {
  let best = cut;
  for (let piece = Math.max(1, best[part].length); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let start = 0; start < best[part].length && !isTimeUp();) {
      const less = [...best[part].slice(0, start), ...best[part].slice(start + piece)];
      const candidate = { ...best, [part]: less };
      if (await stillBreaks(candidate)) best = candidate;
      else start += piece;
    }
  }
  return best;
}

import type { Fault } from "../sim/plan.ts";
import { CALM, type Weather } from "../sim/weather.ts";
import type { Draw } from "./chance.ts";

/** Weather from calm to rough; each kind of trouble is there in some stories and not in others. */
export function weatherOf(draw: Draw): Weather {
  if (draw.happens(0.08)) return CALM;
  const some = (most: number): number => (draw.happens(0.7) ? draw.next() * most : 0);
  return {
    dropBell: some(0.5),
    doubleBell: some(0.4),
    delayBell: some(0.4),
    unknownCommit: some(0.05),
    brokenStatement: some(0.01),
    crashAnywhere: some(0.002),
    slow: some(0.02),
  };
}

const KINDS: readonly [Fault["kind"], ...Fault["kind"][]] = [
  "crash",
  "crash",
  "crash",
  "freeze",
  "freeze",
  "cutConnections",
  "loseQueue",
  "deafen",
  "blockDatabase",
  "jumpClock",
  "restart",
];

/** What happens to processes and services in a storm, at moments that chance picks. */
export function faultsOf(
  draw: Draw,
  stormMs: number,
  processes: readonly [string, ...string[]],
): readonly Fault[] {
  return Array.from({ length: draw.int(4, 12) }, () => {
    const kind = draw.pick(KINDS);
    const atMs = draw.int(2_000, stormMs - 1_000);
    const isAboutProcess = kind !== "loseQueue" && kind !== "deafen" && kind !== "blockDatabase";
    return {
      atMs,
      kind,
      ...(isAboutProcess && { process: draw.pick(processes) }),
      ...(FOR_MS[kind] !== undefined && { forMs: draw.int(...FOR_MS[kind]) }),
    };
  });
}

const FOR_MS: Partial<Record<Fault["kind"], readonly [number, number]>> = {
  freeze: [4_000, 40_000],
  deafen: [2_000, 20_000],
  blockDatabase: [500, 6_000],
  jumpClock: [-3_600_000, 3_600_000],
};

import type { Sample } from "./sample.ts";

/** The last quarter of a soak against its second: the first warms up. */
export interface Change {
  readonly second: number;
  readonly last: number;
  readonly ratio: number;
}

export interface Verdict {
  /** Of tables that have rows, the most of them in each quarter. */
  readonly tables: Readonly<Record<string, Change>>;
  readonly databaseMb: Change;
  readonly deadTuples: Change;
  readonly claimP50Ms: Change;
  readonly claimP99Ms: Change;
  readonly rssMb: Change;
  /** Tables that grew by more than a quarter, and by more than chance. */
  readonly growing: readonly string[];
}

const GROWTH_MAX = 1.25;
const ROWS_OF_CHANCE = 500;

/** @param samples - In order of time; eight at least say something. */
export function judgeSamples(samples: readonly Sample[]): Verdict {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  const change = (of: (sample: Sample) => number): Change => {
    const [from, to] = [second, last].map((part) => Math.max(0, ...part.map((each) => of(each))));
    return { second: from ?? 0, last: to ?? 0, ratio: ratioOf(from ?? 0, to ?? 0) };
  };
  const names = Object.keys(samples.at(-1)?.rows ?? {});
  const tables = Object.fromEntries(
    names
      .map((name) => [name, change(({ rows }) => rows[name] ?? 0)] as const)
      .filter(([, { second: from, last: to }]) => from + to > 0),
  );
  const growing = Object.entries(tables)
    .filter(([, { second: from, last: to }]) => to > from * GROWTH_MAX + ROWS_OF_CHANCE)
    .map(([name]) => name);
  return {
    tables,
    databaseMb: change(({ databaseMb }) => databaseMb),
    deadTuples: change(({ deadTuples }) => deadTuples),
    claimP50Ms: change(({ claimP50Ms }) => claimP50Ms),
    claimP99Ms: change(({ claimP99Ms }) => claimP99Ms),
    rssMb: change(({ rssMb }) => rssMb),
    growing,
  };
}

function ratioOf(from: number, to: number): number {
  return from === 0 ? 1 : Math.round((to / from) * 100) / 100;
}

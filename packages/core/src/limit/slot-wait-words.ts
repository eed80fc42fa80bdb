import { formatDuration } from "../lib/duration.ts";
import type { LimitKind } from "./limit-name.ts";

/** A limit that a task waits at, as people are told of it. */
export interface LimitQueue {
  readonly kind: LimitKind;
  readonly name: string;
  readonly capacity: number;
  readonly taken: number;
  /** Who has a part of it, as far as they are named: `run_12 load`. */
  readonly holders: readonly string[];
  /** Who is better ranked and waits there too. */
  readonly ahead: number;
  /** Of a rate: for how long a start counts. */
  readonly perMs: number | null;
  /** ISO 8601; of a rate: when the next start is let go, as far as that is known. */
  readonly freeAt: string | null;
}

/**
 * What a task waits for, and for whom, after its name: `waits for pool warehouse (5 of 5 slots
 * taken by run_12 load, …; 3rd in line)`.
 */
export function slotWaitWords(queue: LimitQueue): string {
  const { ahead } = queue;
  return `waits for ${subject(queue)} (${usage(queue)}; ${placeWords(ahead + 1)} in line)`;
}

function subject({ kind, name }: LimitQueue): string {
  switch (kind) {
    case "pool":
      return `pool ${name}`;
    case "key":
      return `its turn at the concurrency limit ${name}`;
    case "rate":
      return `the rate limit ${name}`;
    case "namespace":
      return `the task limit of namespace ${name}`;
    case "all":
      return "the task limit of all";
  }
}

function usage({ kind, capacity, taken, holders, perMs, freeAt }: LimitQueue): string {
  if (kind === "rate") {
    const next = freeAt === null ? "" : `, the next at ${freeAt}`;
    return `${taken} of ${capacity} starts in ${formatDuration(perMs ?? 0)}${next}`;
  }
  const noun = kind === "pool" ? "slots" : "tasks";
  const by = holders.length === 0 ? "" : ` by ${holders.join(", ")}`;
  return `${taken} of ${capacity} ${noun} taken${by}`;
}

/** `1st`, `2nd`, `3rd`, `11th`. */
export function placeWords(place: number): string {
  const last = place % 10;
  const isTeen = Math.floor(place / 10) % 10 === 1;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][last] ?? "th");
  return `${place}${ending}`;
}

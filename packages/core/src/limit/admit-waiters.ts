/** A limit as it is now. */
export interface LimitRoom {
  /** Null: it sets no limit. */
  readonly capacity: number | null;
  readonly taken: number;
  /** Its lock is held: its slots may be given away. */
  readonly isHeld: boolean;
}

/** Whoever waits for slots of each of these limits at once. */
export interface LimitWaiter {
  readonly id: number;
  /** Of each limit at most once. */
  readonly wants: readonly SlotsWanted[];
}

export interface SlotsWanted {
  readonly limitId: number;
  /** At least 1. More than the limit has means all of it. */
  readonly slots: number;
}

export interface LimitAdmission {
  /** Ids of waiters that get all their slots now, in order of rank. */
  readonly admitted: readonly number[];
  /** The others, each with the first limit that it lacks room on. */
  readonly waiting: readonly Blocked[];
  /** Limits to be looked at again, by somebody who holds the locks of all of them at once. */
  readonly laterLimitIds: readonly number[];
  /** Limits that have room left for whoever comes next. */
  readonly openLimitIds: readonly number[];
}

export interface Blocked {
  readonly id: number;
  readonly limitId: number;
  /** Better ranked waiters that lack room on the same limit. */
  readonly ahead: number;
}

/**
 * Gives slots to whoever waits, by rank. All or nothing: a waiter takes its slots of every limit
 * that it wants, or of none. One that lacks room on a limit is overtaken by nobody there, so that
 * small requests never starve a large one; it does not hold up those who only share limits with
 * it that have room.
 *
 * @param rooms - By limit id, every limit that a waiter wants.
 * @param waiters - Best rank first.
 */
export function admitWaiters(
  rooms: ReadonlyMap<number, LimitRoom>,
  waiters: readonly LimitWaiter[],
): LimitAdmission {
  const pass = new Pass(rooms);
  for (const waiter of waiters) pass.decide(waiter);
  return pass.result();
}

/** One pass over the waiters: what has been given away so far, and who stands in which line. */
class Pass {
  readonly #rooms: ReadonlyMap<number, LimitRoom>;
  readonly #given: Map<number, number> = new Map();
  readonly #lines: Map<number, number> = new Map();
  readonly #later: Set<number> = new Set();
  readonly #admitted: number[] = [];
  readonly #waiting: Blocked[] = [];

  constructor(rooms: ReadonlyMap<number, LimitRoom>) {
    this.#rooms = rooms;
  }

  decide({ id, wants }: LimitWaiter): void {
    const lacking = wants.filter((want) => !this.#fits(want));
    const [first] = lacking;
    if (first !== undefined) {
      this.#waiting.push({ id, limitId: first.limitId, ahead: this.#lineOf(first.limitId) });
      for (const { limitId } of lacking) this.#lines.set(limitId, this.#lineOf(limitId) + 1);
      return;
    }
    // What is not ours to give is kept for it: the next who holds those locks will give it.
    for (const want of wants) this.#give(want);
    const isOurs = wants.every(({ limitId }) => this.#rooms.get(limitId)?.isHeld !== false);
    if (isOurs) this.#admitted.push(id);
    else for (const { limitId } of wants) this.#later.add(limitId);
  }

  result(): LimitAdmission {
    const open = [...this.#rooms.keys()].filter((limitId) => this.#fits({ limitId, slots: 1 }));
    return {
      admitted: this.#admitted,
      waiting: this.#waiting,
      laterLimitIds: [...this.#later],
      openLimitIds: open,
    };
  }

  #lineOf(limitId: number): number {
    return this.#lines.get(limitId) ?? 0;
  }

  #fits({ limitId, slots }: SlotsWanted): boolean {
    const room = this.#rooms.get(limitId);
    if (room === undefined || room.capacity === null) return true;
    if (this.#lineOf(limitId) > 0 || room.capacity === 0) return false;
    const taken = room.taken + (this.#given.get(limitId) ?? 0);
    return taken + Math.min(slots, room.capacity) <= room.capacity;
  }

  #give({ limitId, slots }: SlotsWanted): void {
    const capacity = this.#rooms.get(limitId)?.capacity ?? slots;
    this.#given.set(limitId, (this.#given.get(limitId) ?? 0) + Math.min(slots, capacity));
  }
}

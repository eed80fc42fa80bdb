interface Release {
  readonly place: number;
  readonly give: () => void;
}

/**
 * Gives a handler its answers one by one, each in a turn of the event loop of its own, in the order
 * of their places. What the handler does with one has then happened before it gets the next: its
 * branches take the same turns in each attempt, as long as they are only driven by answers.
 */
export class Turns {
  readonly #onQuiet: () => void;
  readonly #waiting: Release[] = [];
  #underWay = 0;
  #stirred = false;

  /** @param onQuiet - There is no answer left to give, and nothing under way that could bring one. */
  constructor(onQuiet: () => void) {
    this.#onQuiet = onQuiet;
  }

  /** Resolves with `value` when it is its turn. */
  give<T>(value: T, place: number): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#waiting.push({ place, give: () => resolve(value) });
    this.stir();
    return promise;
  }

  /** While `work` is under way it is not quiet. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.stir();
    }
  }

  /** Looks in the next turn what there is to do. */
  stir(): void {
    if (this.#stirred) return;
    this.#stirred = true;
    setImmediate(() => {
      this.#stirred = false;
      this.#take();
    });
  }

  #take(): void {
    const [first] = this.#waiting;
    if (first !== undefined) {
      const next = this.#waiting.reduce((a, b) => (b.place < a.place ? b : a), first);
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.give();
      this.stir();
    } else if (this.#underWay === 0) this.#onQuiet();
  }
}

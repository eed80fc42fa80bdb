import type { Instant } from "../lib/instant.ts";

interface Entry {
  readonly at: Instant;
  readonly order: number;
  readonly act: () => void;
}

/** What a replay does at its times: the earliest first, of one time in the order written down. */
export class Agenda {
  /** A heap by time and order. */
  readonly #entries: Entry[] = [];
  #order = 0;

  add(at: Instant, act: () => void): void {
    const entries = this.#entries;
    let place = entries.push({ at, order: this.#order++, act }) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.#isBefore(place, above)) return;
      this.#swap(place, above);
      place = above;
    }
  }

  /** When the earliest is due; null when there is none. */
  next(): Instant | null {
    return this.#entries[0]?.at ?? null;
  }

  /** Takes out the earliest and does it. */
  doNext(): void {
    const entries = this.#entries;
    this.#swap(0, entries.length - 1);
    const first = entries.pop();
    this.#sink();
    first?.act();
  }

  #sink(): void {
    for (let place = 0; ;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const below = this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(below, place)) return;
      this.#swap(place, below);
      place = below;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#entries[one], this.#entries[other]];
    if (a === undefined || b === undefined) return a !== undefined;
    return a.at === b.at ? a.order < b.order : a.at < b.at;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#entries[one], this.#entries[other]];
    if (a === undefined || b === undefined) return;
    this.#entries[one] = b;
    this.#entries[other] = a;
  }
}

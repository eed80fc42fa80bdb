/** How often something happened, by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  readonly count = (name: string, by = 1): void => {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  };

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** In the order of the names. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

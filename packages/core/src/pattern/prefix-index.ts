/** Things by the text that what they match begins with: found without looking at all of them. */
export class PrefixIndex<T> {
  readonly #things: Map<string, T[]> = new Map();
  /** How long the prefixes are: usually a handful, however many there are. */
  readonly #lengths: Set<number> = new Set();

  add(prefix: string, thing: T): void {
    const things = this.#things.get(prefix) ?? [];
    things.push(thing);
    this.#things.set(prefix, things);
    this.#lengths.add(prefix.length);
  }

  /** Tells everything whose prefix `text` begins with. */
  eachFor(text: string, tell: (thing: T) => void): void {
    for (const length of this.#lengths) {
      if (length > text.length) continue;
      for (const thing of this.#things.get(text.slice(0, length)) ?? []) tell(thing);
    }
  }
}

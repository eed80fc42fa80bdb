/** Things by bucket and the text their keys begin with: found without looking at all of them. */
export class PrefixIndex<T> {
  readonly #buckets = new Map<string, Map<string, T[]>>();
  /** By bucket, how long the prefixes are: usually a handful, however many there are. */
  readonly #lengths = new Map<string, Set<number>>();

  add(bucket: string, prefix: string, thing: T): void {
    const prefixes = this.#buckets.get(bucket) ?? new Map<string, T[]>();
    const lengths = this.#lengths.get(bucket) ?? new Set<number>();
    const things = prefixes.get(prefix) ?? [];
    things.push(thing);
    this.#buckets.set(bucket, prefixes.set(prefix, things));
    this.#lengths.set(bucket, lengths.add(prefix.length));
  }

  /** Everything whose prefix the key begins with. */
  find(bucket: string, key: string): readonly T[] {
    const prefixes = this.#buckets.get(bucket);
    const found: T[] = [];
    for (const length of this.#lengths.get(bucket) ?? []) {
      if (length <= key.length) found.push(...(prefixes?.get(key.slice(0, length)) ?? []));
    }
    return found;
  }

  /** The prefixes of a bucket, without those that begin with another of them. */
  prefixesOf(bucket: string): readonly string[] {
    const covering: string[] = [];
    for (const prefix of [...(this.#buckets.get(bucket)?.keys() ?? [])].toSorted()) {
      const last = covering.at(-1);
      if (last === undefined || !prefix.startsWith(last)) covering.push(prefix);
    }
    return covering;
  }
}

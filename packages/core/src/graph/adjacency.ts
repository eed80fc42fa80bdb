/**
 * Edges by their source: those of node `n` are `targets[offsets[n]]` to `targets[offsets[n + 1] - 1]`,
 * in the order in which they were added, each with its kind at the same place of `kinds`.
 */
export interface Adjacency {
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  readonly kinds: Uint8Array;
}

const FIRST_CAPACITY = 1_024;

/** Edges as they are found. Typed arrays that grow: lists of numbers take twice the time. */
export class EdgeList {
  #sources = new Int32Array(FIRST_CAPACITY);
  #targets = new Int32Array(FIRST_CAPACITY);
  #kinds = new Uint8Array(FIRST_CAPACITY);
  #count = 0;

  add(source: number, target: number, kind: number): void {
    const place = this.#count++;
    if (place === this.#sources.length) this.#grow();
    this.#sources[place] = source;
    this.#targets[place] = target;
    this.#kinds[place] = kind;
  }

  /** Sorts the edges by their source, in O(V+E). */
  toAdjacency(nodeCount: number): Adjacency {
    const offsets = new Int32Array(nodeCount + 1);
    for (let edge = 0; edge < this.#count; edge++) next(offsets, this.#sources[edge] ?? 0);
    for (let node = 0, sum = 0; node <= nodeCount; node++) {
      const count = offsets[node] ?? 0;
      offsets[node] = sum;
      sum += count;
    }
    const places = offsets.slice();
    const targets = new Int32Array(this.#count);
    const kinds = new Uint8Array(this.#count);
    for (let edge = 0; edge < this.#count; edge++) {
      const place = next(places, this.#sources[edge] ?? 0);
      targets[place] = this.#targets[edge] ?? 0;
      kinds[place] = this.#kinds[edge] ?? 0;
    }
    return { offsets, targets, kinds };
  }

  #grow(): void {
    const [sources, targets, kinds] = [this.#sources, this.#targets, this.#kinds];
    this.#sources = new Int32Array(sources.length * 2);
    this.#targets = new Int32Array(sources.length * 2);
    this.#kinds = new Uint8Array(sources.length * 2);
    this.#sources.set(sources);
    this.#targets.set(targets);
    this.#kinds.set(kinds);
  }
}

/** The same edges by their target. */
export function reversed({ offsets, targets, kinds }: Adjacency): Adjacency {
  const nodeCount = offsets.length - 1;
  const edges = new EdgeList();
  for (let node = 0; node < nodeCount; node++) {
    for (let edge = offsets[node] ?? 0; edge < (offsets[node + 1] ?? 0); edge++) {
      edges.add(targets[edge] ?? 0, node, kinds[edge] ?? 0);
    }
  }
  return edges.toAdjacency(nodeCount);
}

/** Counts one up, and returns what it was before. */
function next(counts: Int32Array, index: number): number {
  const before = counts[index] ?? 0;
  counts[index] = before + 1;
  return before;
}

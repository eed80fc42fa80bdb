import type { Adjacency } from "./adjacency.ts";

/**
 * The strongly connected components that hold a cycle: groups in which every node leads to every
 * other, and single nodes that lead to themselves. Tarjan's algorithm with a stack of its own,
 * because chains are longer than the call stack is deep. O(V+E).
 */
export function cyclicComponents(graph: Adjacency): readonly (readonly number[])[] {
  const search = new Search(graph);
  for (let node = 0; node < graph.offsets.length - 1; node++) search.from(node);
  return search.components;
}

const UNSEEN = -1;

class Search {
  readonly components: number[][] = [];
  readonly #graph: Adjacency;
  /** By node: when it was first met; `UNSEEN` before. */
  readonly #met: Int32Array;
  /** By node: the earliest met node that is known to be reached from it and still open. */
  readonly #lowest: Int32Array;
  /** By node: its next edge to follow. */
  readonly #edge: Int32Array;
  readonly #isOpen: Uint8Array;
  /** Nodes whose component is not known yet. */
  readonly #open: number[] = [];
  /** The way from the start to the node at hand. */
  readonly #way: number[] = [];
  #count = 0;

  constructor(graph: Adjacency) {
    const nodeCount = graph.offsets.length - 1;
    this.#graph = graph;
    this.#met = new Int32Array(nodeCount).fill(UNSEEN);
    this.#lowest = new Int32Array(nodeCount);
    this.#edge = graph.offsets.slice(0, nodeCount);
    this.#isOpen = new Uint8Array(nodeCount);
  }

  from(start: number): void {
    if (this.#met[start] !== UNSEEN) return;
    this.#enter(start);
    for (let node = this.#way.at(-1); node !== undefined; node = this.#way.at(-1)) {
      const edge = this.#edge[node] ?? 0;
      if (edge === this.#graph.offsets[node + 1]) this.#leave(node);
      else {
        this.#edge[node] = edge + 1;
        this.#follow(node, this.#graph.targets[edge] ?? 0);
      }
    }
  }

  #enter(node: number): void {
    this.#met[node] = this.#lowest[node] = this.#count++;
    this.#isOpen[node] = 1;
    this.#open.push(node);
    this.#way.push(node);
  }

  #follow(node: number, target: number): void {
    if (this.#met[target] === UNSEEN) this.#enter(target);
    else if (this.#isOpen[target] === 1) this.#reaches(node, this.#met[target] ?? 0);
  }

  #reaches(node: number, earlier: number): void {
    if (earlier < (this.#lowest[node] ?? 0)) this.#lowest[node] = earlier;
  }

  #leave(node: number): void {
    this.#way.pop();
    const before = this.#way.at(-1);
    if (before !== undefined) this.#reaches(before, this.#lowest[node] ?? 0);
    if (this.#lowest[node] !== this.#met[node]) return;
    const component = this.#open.splice(this.#open.lastIndexOf(node));
    for (const member of component) this.#isOpen[member] = 0;
    if (component.length > 1 || this.#leadsToItself(node)) this.components.push(component);
  }

  #leadsToItself(node: number): boolean {
    const { offsets, targets } = this.#graph;
    return targets.subarray(offsets[node], offsets[node + 1]).includes(node);
  }
}

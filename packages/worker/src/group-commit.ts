import { invariant, InvariantError, present } from "@millrace/core/internal";

export interface GroupCommitOptions<Item, Result> {
  /** Commits many items at once, all or nothing. Results in the order of the items. */
  readonly flush: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Items with equal keys are flushed one after another, in the order of their submission. */
  readonly keyOf: (item: Item) => number;
  /** True when an item's data caused the error, so that trying again would not help. */
  readonly isDataError: (error: unknown) => boolean;
  readonly delay: (ms: number) => Promise<void>;
  /** Uniform in [0, 1); spreads the retries. */
  readonly random: () => number;
  readonly onRetry?: (error: unknown) => void;
  /** Flushes in flight at once. */
  readonly lanes?: number;
  /** Items in one flush, at most. */
  readonly flushMax?: number;
  /** Items that may wait; what comes on top is refused. */
  readonly waitingMax?: number;
  /** How often a flush is tried again after an error that is not about data. */
  readonly retriesMax?: number;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane<Item, Result> {
  readonly waiting: Entry<Item, Result>[];
  /** Ends when the lane has nothing left to flush; null while it rests. */
  work: Promise<void> | null;
}

const RETRY_MS = 50;
const RETRY_MAX_MS = 5_000;

/**
 * Gathers items while a flush is in flight, and flushes them together: one commit costs the
 * same for one item as for two hundred. A lane at rest flushes at once, so nobody waits for
 * company.
 *
 * A data error halves the flush until the culprit is alone, and rejects only that one. Any
 * other error tries the whole flush again, a bounded number of times: `flush` must therefore be
 * safe to repeat.
 */
export class GroupCommit<Item, Result> {
  readonly #options: Required<Omit<GroupCommitOptions<Item, Result>, "onRetry">>;
  readonly #onRetry: (error: unknown) => void;
  readonly #lanes: readonly Lane<Item, Result>[];

  constructor(options: GroupCommitOptions<Item, Result>) {
    const defaults = { lanes: 2, flushMax: 200, waitingMax: 100_000, retriesMax: 8 };
    this.#options = { ...defaults, ...options };
    this.#onRetry = options.onRetry ?? (() => {});
    const { lanes } = this.#options;
    this.#lanes = Array.from({ length: lanes }, () => ({ waiting: [], work: null }));
  }

  /** Rejects with the error of its own data, or with the last one when all retries failed. */
  submit(item: Item): Promise<Result> {
    const lane = present(this.#lanes[Math.abs(this.#options.keyOf(item)) % this.#lanes.length]);
    if (lane.waiting.length >= this.#options.waitingMax) {
      return Promise.reject(new Error(`${lane.waiting.length} items wait to be committed already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    lane.waiting.push({ item, resolve, reject });
    lane.work ??= this.#work(lane);
    return promise;
  }

  /** Resolves when everything submitted so far, and while waiting, has been settled. */
  async idle(): Promise<void> {
    for (let busy = this.#busy(); busy.length > 0; busy = this.#busy()) {
      await Promise.all(busy);
    }
  }

  #busy(): readonly Promise<void>[] {
    return this.#lanes.flatMap(({ work }) => (work === null ? [] : [work]));
  }

  async #work(lane: Lane<Item, Result>): Promise<void> {
    // One turn of the microtask queue: what is submitted together is flushed together.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const entries = lane.waiting.splice(0, this.#options.flushMax);
      await this.#settle(entries);
    }
    lane.work = null;
  }

  async #settle(entries: readonly Entry<Item, Result>[]): Promise<void> {
    const tried = await this.#flush(entries.map(({ item }) => item));
    if (tried.ok) {
      entries.forEach(({ resolve }, index) => resolve(tried.results[index] as Result));
    } else if (entries.length > 1 && tried.divisible) {
      const middle = Math.ceil(entries.length / 2);
      await this.#settle(entries.slice(0, middle));
      await this.#settle(entries.slice(middle));
    } else {
      for (const { reject } of entries) reject(tried.error);
    }
  }

  async #flush(items: readonly Item[]): Promise<Tried<Result>> {
    const { flush, isDataError, retriesMax, delay, random } = this.#options;
    for (let tries = 0; ; tries += 1) {
      try {
        const results = await flush(items);
        invariant(results.length === items.length, "a flush gives one result for each item");
        return { ok: true, results };
      } catch (error) {
        if (isDataError(error)) return { ok: false, divisible: true, error };
        const hopeless = error instanceof InvariantError || tries >= retriesMax;
        if (hopeless) return { ok: false, divisible: false, error };
        this.#onRetry(error);
        const ceilingMs = Math.min(RETRY_MS * 2 ** tries, RETRY_MAX_MS);
        await delay(ceilingMs * (0.5 + random() / 2));
      }
    }
  }
}

type Tried<Result> =
  | { readonly ok: true; readonly results: readonly Result[] }
  | { readonly ok: false; readonly divisible: boolean; readonly error: unknown };

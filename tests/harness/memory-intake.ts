import {
  type DeadLetter,
  decideObject,
  type IntakeResult,
  type IntakeStore,
  type ObjectState,
  type ObservedObject,
} from "@millrace/core/internal";

/** What the store does with objects, in memory: enough to see what a source brings it. */
export class MemoryIntake implements Pick<IntakeStore, "recordObjects" | "recordDeadLetters"> {
  readonly updates: ObservedObject[] = [];
  readonly deadLetters: DeadLetter[] = [];
  /** Called before each batch of objects; throws to fail it, waits to hold it up. */
  before: (items: readonly ObservedObject[]) => Promise<void> = () => Promise.resolve();
  readonly #states = new Map<string, ObjectState>();
  readonly #seen = new Set<string>();

  async recordObjects(items: readonly ObservedObject[]): Promise<IntakeResult> {
    await this.before(items);
    const ids = items.map((observed) => this.#record(observed));
    return { ids, bells: [], facts: [], timerAt: null, ended: [] };
  }

  recordDeadLetters(items: readonly DeadLetter[]): Promise<void> {
    this.deadLetters.push(...items);
    return Promise.resolve();
  }

  /** The updates, as `key=etag` or `-key`. */
  get story(): readonly string[] {
    return this.updates.map(({ kind, key, etag }) =>
      kind === "removed" ? `-${key}` : `${key}=${etag}`,
    );
  }

  #record(observed: ObservedObject): number | null {
    const place = JSON.stringify([observed.dataset, observed.bucket, observed.key]);
    const { record, next, identity } = decideObject(this.#states.get(place) ?? null, observed);
    this.#states.set(place, next);
    const version = identity === null ? null : JSON.stringify([place, identity]);
    const isSeen = version !== null && this.#seen.has(version);
    if (version !== null) this.#seen.add(version);
    if (!record || isSeen) return null;
    return this.updates.push(observed);
  }
}

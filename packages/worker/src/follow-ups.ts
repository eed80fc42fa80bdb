import type {
  Afterwards,
  Bell,
  BellQueue,
  ClaimedTask,
  Continuation,
  Fact,
  Instant,
  TriggerStore,
} from "@millrace/core/internal";
import type { Clock } from "./clock.ts";
import { isDataError } from "./data-error.ts";
import { GroupCommit } from "./group-commit.ts";
import { type Observer, safeObserver } from "./observer.ts";

export interface FollowUpDependencies {
  readonly queue: BellQueue;
  readonly triggers: TriggerStore;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Tells the timer loop of this process, if it has one, that a timer was set. */
  readonly wakeTimers?: (at: Instant) => void;
  /** Tells the loop of this process that asks outside systems, if it has one, that it may. */
  readonly wakeChecks?: () => void;
}

/** Whoever has room for tasks takes those that an evaluation starts. */
export interface Taker {
  /** Keeps room for what a commit may begin; null: there is none. */
  hold(): Continuation | null;
  /** Starts what the commit began, and gives the room back. */
  settle(held: Continuation, claims: readonly ClaimedTask[]): void;
}

/** Beyond this, facts are left to the sweep: they wait in Postgres, not in memory. */
const FACTS_WAITING_MAX = 10_000;

/**
 * Does what a commit left to be done: rings bells, evaluates facts, wakes the timer loop. All of
 * it is best effort, because sweeps find what is missed; so nothing here ever fails its caller.
 */
export class FollowUps {
  readonly #dependencies: FollowUpDependencies;
  readonly #evaluations: GroupCommit<Fact, void>;
  readonly #rings = new Set<Promise<void>>();
  #ringsFailed = 0;
  readonly #takers = new Set<Taker>();

  constructor(dependencies: FollowUpDependencies) {
    const { clock } = dependencies;
    const observe = safeObserver(dependencies.observe);
    this.#dependencies = { ...dependencies, observe };
    this.#evaluations = new GroupCommit<Fact, void>({
      flush: (facts) => this.#evaluate(facts),
      keyOf: ({ id }) => id,
      isDataError,
      delay: (ms) => clock.sleep(ms),
      random: () => clock.random(),
      onRetry: (error) => observe({ type: "problem", where: "evaluate", error }),
      waitingMax: FACTS_WAITING_MAX,
      retriesMax: 3,
    });
  }

  /** How often ringing has failed; grows while the queue is out of reach. */
  get ringsFailed(): number {
    return this.#ringsFailed;
  }

  /** @returns Takes it away again. */
  attach(taker: Taker): () => void {
    this.#takers.add(taker);
    return () => void this.#takers.delete(taker);
  }

  follow({ bells, facts, timerAt, ended, asks }: Afterwards): void {
    this.ring(bells);
    void this.evaluate(facts);
    if (timerAt !== null) this.#dependencies.wakeTimers?.(timerAt);
    if (asks === true) this.#dependencies.wakeChecks?.();
    for (const run of ended) this.#dependencies.observe({ type: "runEnded", ...run });
  }

  ring(bells: readonly Bell[]): void {
    if (bells.length === 0) return;
    const ringing = this.#ring(bells).finally(() => this.#rings.delete(ringing));
    this.#rings.add(ringing);
  }

  /** Resolves to how many of the facts were evaluated; the others are left to the sweep. */
  async evaluate(facts: readonly Fact[]): Promise<number> {
    const settled = await Promise.allSettled(facts.map((fact) => this.#evaluations.submit(fact)));
    const failed = settled.filter((each) => each.status === "rejected");
    const [first] = failed;
    if (first !== undefined) {
      this.#dependencies.observe({ type: "problem", where: "evaluate", error: first.reason });
    }
    return facts.length - failed.length;
  }

  /** Resolves when nothing is under way; with nothing new coming in, that is soon. */
  async idle(): Promise<void> {
    await this.#evaluations.idle();
    await Promise.all(this.#rings);
  }

  async #evaluate(facts: readonly Fact[]): Promise<readonly void[]> {
    const { triggers, observe } = this.#dependencies;
    const { held, taker } = this.#hold();
    let taken: readonly ClaimedTask[] = [];
    try {
      const { claimed, ...afterwards } = await triggers.evaluate(facts, held ?? undefined);
      taken = claimed;
      observe({ type: "evaluated", facts: facts.length });
      this.follow(afterwards);
      return facts.map(() => undefined);
    } finally {
      if (held !== null) taker?.settle(held, taken);
    }
  }

  #hold(): { readonly held: Continuation | null; readonly taker: Taker | null } {
    for (const taker of this.#takers) {
      const held = taker.hold();
      if (held !== null) return { held, taker };
    }
    return { held: null, taker: null };
  }

  async #ring(bells: readonly Bell[]): Promise<void> {
    try {
      if (!(await this.#dependencies.queue.ring(bells))) this.#ringsFailed += 1;
    } catch (error) {
      this.#ringsFailed += 1;
      this.#dependencies.observe({ type: "problem", where: "ring", error });
    }
  }
}

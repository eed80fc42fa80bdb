import type {
  Bell,
  Channel,
  ClaimedTask,
  Continuation,
  ReadyTask,
  TaskStore,
} from "@millrace/core/internal";
import type { Clock } from "../clock.ts";
import { isDataError } from "../data-error.ts";
import type { FollowUps } from "../follow-ups.ts";
import { GroupCommit } from "../group-commit.ts";
import type { Observer } from "../observer.ts";
import type { Attempts } from "./attempts.ts";
import type { SessionKeeper } from "./session-keeper.ts";

export interface ClaimerDependencies {
  readonly tasks: Pick<TaskStore, "claim" | "claimNext">;
  readonly session: Pick<SessionKeeper, "id">;
  readonly attempts: Pick<Attempts, "runningCount" | "start" | "release">;
  readonly followUps: Pick<FollowUps, "ring">;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly channels: readonly Channel[];
  /** Handlers at once. */
  readonly slots: number;
  /** `capacity` may have changed. */
  readonly onRoom: () => void;
}

interface Claim {
  readonly sessionId: string;
  readonly claimed: ClaimedTask;
}

/** Claims as many attempts as there are free slots, and starts them. */
export class Claimer {
  readonly #dependencies: ClaimerDependencies;
  readonly #claims: GroupCommit<ReadyTask, Claim | null>;
  /** Slots kept free for claims in flight. */
  #reserved = 0;
  #more = false;
  /** The latest call of `claimNext`. */
  #look: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(dependencies: ClaimerDependencies) {
    const { clock } = dependencies;
    this.#dependencies = dependencies;
    this.#claims = new GroupCommit<ReadyTask, Claim | null>({
      flush: (ready) => this.#claim(ready),
      keyOf: ({ taskRunId }) => taskRunId,
      isDataError,
      delay: (ms) => clock.sleep(ms),
      random: () => clock.random(),
      lanes: 1,
      retriesMax: 2,
    });
  }

  /** How many more attempts this process would take now. */
  get capacity(): number {
    const { session, attempts, slots } = this.#dependencies;
    if (this.#closed || session.id === null) return 0;
    return Math.max(0, slots - attempts.runningCount - this.#reserved);
  }

  /** The last look found more than could be taken. */
  get more(): boolean {
    return this.#more;
  }

  /** Claims nothing from now on; what claims in flight still bring is handed back. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when no claim is in flight. */
  async idle(): Promise<void> {
    await Promise.all([this.#claims.idle(), this.#look]);
  }

  /**
   * Claims the tasks of a bell, as far as there is room, and rings again for the others at once:
   * another worker may have a slot for them. Never rejects.
   */
  async answer(bell: Bell): Promise<void> {
    const room = this.capacity;
    const mine = bell.tasks.slice(0, room);
    this.#ringAgain(bell.channel, bell.tasks.slice(room));
    this.#reserve(mine.length);
    await Promise.all(mine.map((ready) => this.#take(ready)));
  }

  /**
   * Claims what is ready, bell or no bell. Not while another call is under way.
   *
   * @returns How many were claimed.
   */
  async claimNext(): Promise<number> {
    const look = this.#claimNext();
    this.#look = look.catch(() => {});
    return look;
  }

  /**
   * What a commit may take on its way, and keeps slots free for until it is settled. Only with
   * tasks waiting are these all: bells that come meanwhile want an answer as well.
   *
   * @param freed - Slots that have just become free.
   */
  hold(freed: number): Continuation | null {
    const { session, channels } = this.#dependencies;
    const room = this.capacity;
    const share = this.#more ? room : Math.max(freed, Math.ceil(room / 2));
    const limit = Math.min(room, share);
    if (limit === 0 || session.id === null) return null;
    this.#reserve(limit);
    return { sessionId: session.id, channels, limit, isBehind: this.#more };
  }

  /** As {@link hold}, for tasks that an evaluation starts; while others wait, they wait as well. */
  holdForNew(): Continuation | null {
    return this.#more ? null : this.hold(0);
  }

  /** Starts what a commit took, and gives the slots back that were kept free for it. */
  settle(held: Continuation, claims: readonly ClaimedTask[]): void {
    const { sessionId, limit, isBehind } = held;
    const isFull = claims.length >= limit;
    this.#more = isFull || (this.#more && !isBehind);
    for (const claimed of claims) this.#start({ sessionId, claimed });
    this.#reserve(-limit);
  }

  async #claimNext(): Promise<number> {
    const { session, tasks, channels } = this.#dependencies;
    const limit = this.capacity;
    const sessionId = session.id;
    if (limit === 0 || sessionId === null) return 0;
    this.#reserve(limit);
    try {
      const claims = await tasks.claimNext(sessionId, channels, limit);
      this.#more = claims.length >= limit;
      for (const claimed of claims) this.#start({ sessionId, claimed });
      return claims.length;
    } finally {
      this.#reserve(-limit);
    }
  }

  #reserve(count: number): void {
    this.#reserved += count;
    this.#dependencies.onRoom();
  }

  #ringAgain(channel: Channel, tasks: readonly ReadyTask[]): void {
    if (tasks.length === 0) return;
    this.#more = true;
    const again = tasks.map((ready) => ({ ...ready, ring: ready.ring + 1 }));
    this.#dependencies.followUps.ring([{ channel, tasks: again }]);
  }

  async #take(ready: ReadyTask): Promise<void> {
    try {
      const claim = await this.#claims.submit(ready);
      if (claim !== null) this.#start(claim);
    } catch (error) {
      this.#dependencies.observe({ type: "problem", where: "claim", error });
    } finally {
      this.#reserve(-1);
    }
  }

  #start({ sessionId, claimed }: Claim): void {
    const { session, attempts } = this.#dependencies;
    if (this.#closed) attempts.release(claimed);
    // Claimed by a session that has been lost since: the sweep gives it to someone.
    else if (session.id === sessionId) attempts.start(claimed);
  }

  /** Of two equal bells in one flush, one gets the claim. */
  async #claim(ready: readonly ReadyTask[]): Promise<readonly (Claim | null)[]> {
    const { session, tasks } = this.#dependencies;
    const sessionId = session.id;
    if (sessionId === null) return ready.map(() => null);
    const wanted = new Map(ready.map((each) => [keyOf(each), each]));
    const claims = await tasks.claim(sessionId, [...wanted.values()]);
    const found = new Map(claims.map((claimed) => [keyOf(claimed), claimed]));
    return ready.map((each) => {
      const claimed = found.get(keyOf(each));
      found.delete(keyOf(each));
      return claimed === undefined ? null : { sessionId, claimed };
    });
  }
}

function keyOf({ taskRunId, attempt }: { taskRunId: number; attempt: number }): string {
  return `${taskRunId}-${attempt}`;
}

import {
  type LeaseHold,
  type LeaseKeeper,
  MillraceError,
  type SessionStart,
  type SessionStore,
} from "@millrace/core/internal";
import { type Clock, jittered, within } from "../clock.ts";
import type { Observer } from "../observer.ts";

export interface SessionDependencies {
  readonly sessions: SessionStore;
  readonly lease: LeaseKeeper;
  readonly clock: Clock;
  readonly observe: Observer;
}

const OPEN_TRIES_MAX = 3;
const REOPEN_MS = 500;
const REOPEN_MAX_MS = 5_000;
const HAND_BACK_MS_MAX = 10_000;

interface OpenSession {
  readonly id: string;
  readonly hold: LeaseHold;
}

/**
 * Keeps this process known to the store. A session whose lease was lost is never used again:
 * after `onLost` a new one, with an id that nobody had before, is opened as soon as that works.
 */
export class SessionKeeper {
  readonly #dependencies: SessionDependencies;
  readonly #start: Omit<SessionStart, "sessionId">;
  readonly #onLost: (wasAway: boolean) => Promise<void>;
  readonly #onOpened: () => void;
  readonly #closing = new AbortController();
  #current: OpenSession | null = null;

  constructor(
    dependencies: SessionDependencies,
    start: Omit<SessionStart, "sessionId">,
    listeners: {
      readonly onOpened: () => void;
      /** Resolves when the session is not needed any more to hand back what it owns. */
      readonly onLost: (wasAway: boolean) => Promise<void>;
    },
  ) {
    this.#dependencies = dependencies;
    this.#start = start;
    this.#onLost = listeners.onLost;
    this.#onOpened = listeners.onOpened;
  }

  /** Null between the loss of a session and the opening of the next, and after `close`. */
  get id(): string | null {
    return this.#current?.id ?? null;
  }

  /** Opens a session. @throws {SCHEMA_MISMATCH} When this code and the database do not fit. */
  async open(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#openOnce();
        return;
      } catch (error) {
        // On a machine that is busy enough, a lease may be over before its keeper has begun.
        const isFinal = MillraceError.is(error) || this.#closing.signal.aborted;
        if (isFinal || tries === OPEN_TRIES_MAX) throw error;
        this.#report("open session", error);
      }
    }
  }

  async #openOnce(): Promise<void> {
    const { sessions, lease, clock, observe } = this.#dependencies;
    const id = clock.freshId();
    let lostEarly: string | null = null;
    await sessions.open({ ...this.#start, sessionId: id });
    const hold = await lease.keep(id, this.#start.leaseMs ?? Infinity, (reason, wasAway) => {
      if (this.#current?.id === id) this.#lose(this.#current, reason, wasAway === true);
      else lostEarly = reason;
    });
    if (this.#closing.signal.aborted || lostEarly !== null) {
      await hold.stop();
      await sessions.close(id);
      throw new Error(`session ${id} ended while it was opened: ${lostEarly ?? "shutting down"}`);
    }
    this.#current = { id, hold };
    observe({ type: "sessionOpened", sessionId: id });
    this.#onOpened();
  }

  /** Ends the session, and with it the ownership of everything that it still has claimed. */
  async close(): Promise<void> {
    this.#closing.abort();
    const current = this.#current;
    this.#current = null;
    if (current !== null) await this.#end(current);
  }

  #lose(current: OpenSession, reason: string, wasAway: boolean): void {
    this.#current = null;
    this.#dependencies.observe({ type: "sessionLost", sessionId: current.id, reason });
    void this.#leave(current, this.#onLost(wasAway));
    void this.#reopen();
  }

  /** Closing tells the sweep now what it would find out later. */
  async #leave(current: OpenSession, handedBack: Promise<void>): Promise<void> {
    await within(HAND_BACK_MS_MAX, handedBack, this.#dependencies.clock);
    await this.#end(current).catch((error: unknown) => this.#report("close lost session", error));
  }

  async #end({ id, hold }: OpenSession): Promise<void> {
    await hold.stop();
    await this.#dependencies.sessions.close(id);
  }

  async #reopen(): Promise<void> {
    const { clock } = this.#dependencies;
    const { signal } = this.#closing;
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        await this.open();
        return;
      } catch (error) {
        this.#report("open session", error);
        const waitMs = Math.min(REOPEN_MS * 2 ** tries, REOPEN_MAX_MS);
        await clock.sleep(jittered(waitMs, clock), signal);
      }
    }
  }

  #report(where: string, error: unknown): void {
    this.#dependencies.observe({ type: "problem", where, error });
  }
}

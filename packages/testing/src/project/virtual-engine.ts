import { randomUUID } from "node:crypto";
import {
  type AttemptOutcome,
  type ClaimedTask,
  type FinishItem,
  type Instant,
  type PipelineDefinition,
} from "@millrace/core/internal";
import { createStore, type Store } from "@millrace/postgres";
import {
  beginAttempt,
  type BeginDependencies,
  MemoryBlobStore,
  type Settings,
  systemClock,
  type WorkerEvent,
} from "@millrace/worker";
import type { VirtualDatabase } from "./virtual-database.ts";

export type LogEvent = WorkerEvent & { readonly type: "log" };

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly claimed: ClaimedTask;
  readonly outcome: AttemptOutcome;
}

const BATCH = 100;
/** Handlers at once. */
const SLOTS = 50;
/** More than this at one instant, or on one way, is a circle. */
const ROUNDS_MAX = 100_000;

/**
 * The engine as it is, on its own store, with a worker that needs no queue and a clock that
 * stands still while there is something to do, and then moves to the next timer at once.
 */
export class VirtualEngine {
  readonly store: Store;
  readonly ended: EndedAttempt[] = [];
  readonly logs: LogEvent[] = [];
  readonly #virtual: VirtualDatabase;
  readonly #definitions: ReadonlyMap<string, PipelineDefinition>;
  readonly #dependencies: BeginDependencies;
  readonly #sessionId = randomUUID();
  #now: Instant;

  constructor(
    virtual: VirtualDatabase,
    definitions: readonly PipelineDefinition[],
    settings: Settings,
    now: Instant,
  ) {
    this.store = createStore(virtual.database);
    this.#virtual = virtual;
    this.#now = now;
    this.#definitions = new Map(definitions.map((each) => [each.version, each]));
    this.#dependencies = {
      ...this.store,
      settings,
      blobs: new MemoryBlobStore(),
      // Handlers are a test's own: stubs and spies are in this process.
      isolate: null,
      clock: systemClock,
      observe: (event) => void (event.type === "log" && this.logs.push(event)),
      abortGraceMs: 1_000,
    };
  }

  get now(): Instant {
    return this.#now;
  }

  async open(): Promise<void> {
    await this.#virtual.setNow(this.#now);
    const pipelines = [...this.#definitions.values()].map(({ spec }) => spec);
    await this.store.register({ name: "test", build: null, pipelines });
    const host = { host: "test", pid: process.pid, slots: SLOTS, leaseMs: null };
    await this.store.open({ sessionId: this.#sessionId, ...host, channels: this.#channels() });
  }

  /** Does all that can be done at this instant. */
  async settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const facts = await this.store.listPending(0, BATCH);
      if (facts.length > 0) await this.store.evaluate(facts);
      const claimed = await this.store.claimNext(this.#sessionId, this.#channels(), SLOTS);
      if (claimed.length > 0) await this.#run(claimed);
      else if (facts.length === 0) return;
    }
    throw new Error(`it did not come to rest within ${ROUNDS_MAX} rounds at one instant`);
  }

  /** Lets time pass, stopping at each timer, until `isDone`, or `until`, or nothing is due. */
  async pass(until: Instant, isDone: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await this.settle();
      if (await isDone()) return;
      const inMs = await this.store.nextDueInMs();
      if (inMs === null || this.#now + inMs > until) return;
      await this.moveTo(this.#now + Math.ceil(inMs));
      await this.store.fireDue(BATCH);
    }
    throw new Error(`it went on for more than ${ROUNDS_MAX} timers`);
  }

  async moveTo(at: Instant): Promise<void> {
    this.#now = Math.max(at, this.#now);
    await this.#virtual.setNow(this.#now);
  }

  async #run(claimed: readonly ClaimedTask[]): Promise<void> {
    const items = await Promise.all(
      claimed.map(async (each): Promise<FinishItem> => {
        const definition = this.#definitions.get(each.version);
        const { outcome } = beginAttempt(each, definition, this.#dependencies);
        const ended = { claimed: each, outcome: await outcome };
        this.ended.push(ended);
        const { taskRunId, runId, attempt } = each;
        return { taskRunId, runId, attempt, outcome: ended.outcome, u: 0.5 };
      }),
    );
    await this.store.finish(items);
  }

  #channels(): readonly { readonly queue: string; readonly version: string }[] {
    return [...this.#definitions.values()].flatMap(({ spec, version }) =>
      [...new Set(spec.tasks.map(({ queue }) => queue))].map((queue) => ({ queue, version })),
    );
  }
}

import type {
  Bell,
  BellQueue,
  BlobStore,
  LeaseKeeper,
  PipelineDefinition,
  ResourceSpec,
  SessionStore,
  TaskStore,
} from "@millrace/core/internal";
import { type Clock, jittered, within } from "./clock.ts";
import type { FollowUps } from "./follow-ups.ts";
import { type Loop, startLoop } from "./loop.ts";
import { type Observer, safeObserver } from "./observer.ts";
import type { Settings } from "./settings.ts";
import { Attempts } from "./worker/attempts.ts";
import { startAudit } from "./worker/audit.ts";
import { channelsOf } from "./worker/channels.ts";
import { Claimer } from "./worker/claimer.ts";
import { Deafness } from "./worker/deafness.ts";
import { type DrainOptions, drainWorker } from "./worker/drain-worker.ts";
import { Ear } from "./worker/ear.ts";
import { PollPace } from "./worker/poll-pace.ts";
import { SessionKeeper } from "./worker/session-keeper.ts";

export interface WorkerDependencies {
  readonly sessions: SessionStore;
  readonly tasks: TaskStore;
  readonly queue: BellQueue;
  readonly lease: LeaseKeeper;
  /** Absent: there is none, and outputs have to fit into a row. */
  readonly blobs?: BlobStore | null;
  readonly followUps: FollowUps;
  readonly clock: Clock;
  readonly observe: Observer;
}

export interface WorkerSettings {
  /** What this process has code for. */
  readonly definitions: readonly PipelineDefinition[];
  readonly settings: Settings;
  readonly host: string;
  readonly pid: number;
  /** Files that export the definitions: what isolated tasks load. Absent: they cannot run here. */
  readonly isolateModules?: readonly string[];
  /** Handlers at once. */
  readonly slots: number;
  /** It runs only tasks of these queues; absent: those of all. */
  readonly queues?: readonly string[] | undefined;
  /** Null in the embedded mode, where a lease cannot lapse. */
  readonly leaseMs: number | null;
  /** How long a handler may take to stop once its signal has aborted. */
  readonly abortGraceMs: number;
  /** What its tasks may take together; absent: it declares none, and takes whatever comes. */
  readonly capacity?: ResourceSpec | undefined;
  /** The build of its code; absent where builds are not numbered. */
  readonly build?: string | null;
}

export const WORKER_DEFAULTS: Pick<WorkerSettings, "slots" | "leaseMs" | "abortGraceMs"> = {
  slots: 10,
  leaseMs: 15_000,
  abortGraceMs: 2_000,
};

export interface WorkerHandle {
  /** How many handlers run now. */
  runningCount(): number;
  /**
   * Takes nothing new, waits up to `graceMs` for what runs, aborts the rest and hands it back.
   * Never rejects, and resolves within some seconds after the grace, whatever handlers do. A
   * second call ends the grace of the first at once.
   */
  drain(options: DrainOptions): Promise<void>;
}

const CANCELLED_EVERY_MS = 1_000;
/** A queue that does not answer must not keep a worker from starting: it polls meanwhile. */
const LISTEN_MS_MAX = 1_000;

/**
 * Starts a worker: claims attempts of its pipelines, runs them, and records how they ended.
 *
 * @throws {SCHEMA_MISMATCH} When this code and the database do not fit.
 */
export async function startWorker(
  dependencies: WorkerDependencies,
  settings: WorkerSettings,
): Promise<WorkerHandle> {
  const observe = safeObserver(dependencies.observe);
  const worker = new Worker({ ...dependencies, observe }, settings);
  await worker.start();
  return {
    runningCount: () => worker.runningCount,
    drain: (options) => worker.drain(options),
  };
}

class Worker {
  readonly #dependencies: WorkerDependencies;
  readonly #abortGraceMs: number;
  /** What ends makes room for what did not fit, and nobody rings for that. */
  readonly #hasCapacity: boolean;
  readonly #pace: PollPace;
  readonly #deafness: Deafness;
  readonly #session: SessionKeeper;
  readonly #attempts: Attempts;
  readonly #claimer: Claimer;
  readonly #ear: Ear;
  readonly #hurry = Promise.withResolvers<void>();
  #poll: Loop | null = null;
  #cancel: Loop | null = null;
  #audit: Loop | null = null;
  #drained: Promise<void> | null = null;
  #detach: () => void = () => {};

  constructor(dependencies: WorkerDependencies, settings: WorkerSettings) {
    const { tasks, followUps, clock } = dependencies;
    const {
      definitions,
      slots,
      abortGraceMs,
      host,
      pid,
      leaseMs,
      build = null,
      queues = null,
      capacity,
    } = settings;
    const channels = channelsOf(definitions, build, queues);
    this.#dependencies = dependencies;
    this.#abortGraceMs = abortGraceMs;
    this.#pace = new PollPace(clock, () => followUps.ringsFailed);
    this.#deafness = new Deafness(clock, () => followUps.ringsFailed);
    const sized = capacity === undefined ? {} : { capacity };
    const start = { host, pid, slots, leaseMs, channels, build, ...sized };
    this.#hasCapacity = capacity !== undefined;
    this.#session = new SessionKeeper(dependencies, start, {
      onOpened: () => this.#opened(),
      onLost: (wasAway) => this.#lost(wasAway),
    });
    this.#attempts = new Attempts({
      ...dependencies,
      abortGraceMs,
      settings: settings.settings,
      isolate: { modules: settings.isolateModules ?? null },
      latestUpdate: (dataset, partition) => tasks.latestUpdate(dataset, partition),
      recordStep: (step) => tasks.recordStep(step),
      setStatus: (status) => tasks.setStatus(status),
      definitions: new Map(definitions.map((definition) => [definition.version, definition])),
      onFreed: () => this.#freed(),
      next: {
        hold: (freed) => this.#claimer.hold(freed),
        settle: (held, claims) => this.#claimer.settle(held, claims),
      },
      onSettled: () => this.#settled(),
    });
    this.#claimer = new Claimer({
      ...dependencies,
      session: this.#session,
      attempts: this.#attempts,
      channels,
      slots,
      onRoom: () => this.#look(),
    });
    this.#ear = new Ear({ ...dependencies, channels, answer: (bell) => this.#answer(bell) });
  }

  get runningCount(): number {
    return this.#attempts.runningCount;
  }

  async start(): Promise<void> {
    const { clock, observe } = this.#dependencies;
    await this.#session.open();
    this.#detach = this.#dependencies.followUps.attach({
      hold: () => this.#claimer.holdForNew(),
      settle: (held, claims) => {
        this.#claimer.settle(held, claims);
        this.#settled();
      },
    });
    this.#poll = startLoop({ name: "poll", clock, observe, round: () => this.#pollOnce() });
    this.#cancel = startLoop({ name: "cancel", clock, observe, round: () => this.#cancelOnce() });
    this.#audit = startAudit({
      ...this.#dependencies,
      session: this.#session,
      attempts: this.#attempts,
    });
    await within(LISTEN_MS_MAX, this.#ear.start(), clock);
  }

  drain(options: DrainOptions): Promise<void> {
    this.#detach();
    if (this.#drained !== null) this.#hurry.resolve();
    const parts = {
      ...this.#dependencies,
      abortGraceMs: this.#abortGraceMs,
      session: this.#session,
      attempts: this.#attempts,
      claimer: this.#claimer,
      ear: this.#ear,
      loops: [this.#poll, this.#cancel, this.#audit].filter((loop) => loop !== null),
    };
    this.#drained ??= drainWorker(parts, options, this.#hurry.promise);
    return this.#drained;
  }

  /**
   * Bells are taken only while there is room for what they announce; and while more is waiting than
   * fits, they tell nothing: they are left to others, who may be waiting for one.
   */
  #look(): void {
    this.#ear.setOpen(this.#claimer.capacity > 0 && !this.#claimer.more);
  }

  #freed(): void {
    this.#look();
    if (this.#hasCapacity) this.#poll?.wake();
  }

  /** What waits was offered the slots that became free; more than a commit takes, a look takes. */
  #settled(): void {
    if (this.#claimer.more && this.#claimer.capacity > 0) this.#poll?.wake();
  }

  #opened(): void {
    this.#look();
    this.#poll?.wake();
  }

  /** While the store was away nobody could take over: then what ran costs nothing. */
  async #lost(wasAway: boolean): Promise<void> {
    const handedBack = this.#attempts.lose(wasAway);
    this.#look();
    await handedBack;
  }

  async #answer(bell: Bell): Promise<void> {
    this.#pace.heard();
    this.#deafness.heard();
    await this.#claimer.answer(bell);
    // Others may have been faster, so that there is room after all.
    this.#settled();
  }

  async #pollOnce(): Promise<number> {
    const backlog = this.#claimer.more;
    const found = await this.#claimer.claimNext();
    if (this.#claimer.more && this.#claimer.capacity > 0) return 0;
    const missed = backlog ? 0 : found;
    if (missed > 0 && this.#deafness.missed()) void this.#ear.renew();
    return this.#pace.next(missed);
  }

  async #cancelOnce(): Promise<number> {
    const { sessions, clock } = this.#dependencies;
    const { id } = this.#session;
    if (id !== null && this.#attempts.runningCount > 0) {
      const cancelled = new Set(await sessions.listCancelled(id));
      this.#attempts.abort("cancelled", ({ taskRunId }) => cancelled.has(taskRunId));
    }
    return jittered(CANCELLED_EVERY_MS, clock);
  }
}

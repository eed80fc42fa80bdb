import {
  type Afterwards,
  type BellQueue,
  type BlobStore,
  type JsonValue,
  definitionOf,
  type HasDefinition,
  type RunState,
  type SessionStore,
} from "@millrace/core/internal";
import {
  createStore,
  type Database,
  migrate,
  NoLeaseKeeper,
  openEmbedded,
  openServer,
  PostgresLeaseKeeper,
  readRun,
  type RunDetail,
  type Store,
} from "@millrace/postgres";
import {
  FollowUps,
  InProcessBellQueue,
  readSettings,
  startScheduler,
  startSweeper,
  startWorker,
  SWEEPER_DEFAULTS,
  systemClock,
  WORKER_DEFAULTS,
  type WorkerEvent,
  type WorkerHandle,
  type WorkerSettings,
} from "@millrace/worker";
import { createDatabase } from "../harness/postgres.ts";

/** Short, so that a test need not wait long for a lease to lapse. */
export const LEASE_MS = 2_500;

export interface WorkerOptions extends Partial<WorkerSettings> {
  readonly queue?: BellQueue;
  readonly blobs?: BlobStore;
  /** Its lease is never renewed, and it never learns that: what a zombie is. */
  readonly isZombie?: boolean;
}

/** A worker and all that it has told. */
export interface FleetWorker extends WorkerHandle {
  readonly events: readonly WorkerEvent[];
  /** The first event of `type` that `holds`, past or to come. */
  seen<T extends WorkerEvent["type"]>(
    type: T,
    holds?: (event: WorkerEvent & { readonly type: T }) => boolean,
  ): Promise<WorkerEvent & { readonly type: T }>;
}

/** Workers on one database and one queue, with a scheduler and a sweeper beside them. */
export interface Fleet {
  readonly store: Store;
  readonly database: Database;
  /** Of the server; "" for the embedded database. */
  readonly url: string;
  register(...pipelines: readonly HasDefinition[]): Promise<void>;
  worker(options?: WorkerOptions): Promise<FleetWorker>;
  /** @param pipeline - Its name, in the namespace `default` unless it says another. */
  start(pipeline: string, partition?: Record<string, string>, params?: JsonValue): Promise<number>;
  /** Sees to what a commit left to be done after it. */
  follow(afterwards: Afterwards): void;
  /** Drains all workers at once. */
  drain(): Promise<void>;
  /** The run, once it has ended. */
  ended(runId: number): Promise<RunDetail>;
  close(): Promise<void>;
}

/** A server of one's own is given by its URL, and has been migrated. */
type Where = "embedded" | "server" | { readonly url: string };

export async function openFleet(kind: Where): Promise<Fleet> {
  const { database, url, drop } = await open(kind);
  const store = createStore(database);
  const queue = new InProcessBellQueue();
  const workers: FleetWorker[] = [];
  let definitions: readonly HasDefinition[] = [];
  const ends = new Map<number, PromiseWithResolvers<RunState>>();
  const endOf = (runId: number): PromiseWithResolvers<RunState> => {
    const known = ends.get(runId) ?? Promise.withResolvers<RunState>();
    ends.set(runId, known);
    return known;
  };
  const observe = (event: WorkerEvent): void => {
    if (event.type === "runEnded") endOf(event.runId).resolve(event.state);
  };
  const common = { triggers: store, clock: systemClock };
  const followUps = new FollowUps({
    ...{ ...common, queue, observe },
    wakeTimers: (at) => scheduler.wake(at),
  });
  const parts = { ...common, followUps, observe };
  const scheduler = startScheduler({ ...parts, timers: store });
  const sweeper = startSweeper(
    { ...parts, sweeps: store, tasks: store },
    { ...SWEEPER_DEFAULTS, intervalMs: 200 },
  );

  const drain = async (): Promise<void> => {
    await Promise.all(workers.splice(0).map((worker) => worker.drain({ graceMs: 0 })));
  };

  return {
    store,
    database,
    url: url ?? "",
    async register(...pipelines) {
      definitions = pipelines;
      const specs = pipelines.map((each) => definitionOf(each).spec);
      followUps.follow(await store.register({ name: "test", build: null, pipelines: specs }));
    },
    async worker({ queue: own = queue, isZombie = false, blobs, ...settings } = {}) {
      const told = recorder(observe);
      const worker = await startWorker(
        {
          sessions: isZombie ? immortal(store) : store,
          tasks: store,
          ...(blobs !== undefined && { blobs }),
          queue: own,
          lease: url === null || isZombie ? new NoLeaseKeeper() : new PostgresLeaseKeeper({ url }),
          followUps: new FollowUps({
            ...common,
            queue: own,
            observe: told.observe,
            wakeTimers: (at) => scheduler.wake(at),
          }),
          clock: systemClock,
          observe: told.observe,
        },
        {
          ...WORKER_DEFAULTS,
          definitions: definitions.map(definitionOf),
          settings: await readSettings([], { environment: {}, readFile: async () => "" }),
          ...{ host: "test", pid: process.pid, abortGraceMs: 300 },
          leaseMs: url === null ? null : LEASE_MS,
          ...settings,
        },
      );
      const fleetWorker = { ...worker, events: told.events, seen: told.seen };
      workers.push(fleetWorker);
      return fleetWorker;
    },
    async start(pipeline, partition = {}, params = {}) {
      const start = { params, idempotencyKey: null, correlationId: null };
      const started = await store.startRun({
        ...start,
        pipeline: pipeline.includes("/") ? pipeline : `default/${pipeline}`,
        partition,
      });
      followUps.follow(started);
      return started.runId;
    },
    async ended(runId) {
      await endOf(runId).promise;
      const run = await readRun(database, runId);
      if (run === null) throw new Error(`there is no run ${runId}`);
      return run;
    },
    follow: (afterwards) => followUps.follow(afterwards),
    drain,
    async close() {
      await drain();
      await Promise.all([scheduler.stop(), sweeper.stop()]);
      await followUps.idle();
      await queue.close();
      await database.close();
      await drop();
    },
  };
}

async function open(kind: Where): Promise<{
  readonly database: Database;
  readonly url: string | null;
  readonly drop: () => Promise<void>;
}> {
  if (typeof kind === "object") {
    return { database: openServer(kind), url: kind.url, drop: async () => {} };
  }
  if (kind === "server") {
    const created = await createDatabase();
    const { url } = created;
    return { database: openServer({ url }), url, drop: () => created.drop() };
  }
  const database = await openEmbedded({ directory: null });
  await migrate(database);
  return { database, url: null, drop: async () => {} };
}

/** Opens sessions with a lease that a test ends when it wants to. */
function immortal(store: Store): SessionStore {
  return {
    open: (session) => store.open({ ...session, leaseMs: 3_600_000 }),
    drain: (sessionId) => store.drain(sessionId),
    close: (sessionId) => store.close(sessionId),
    listCancelled: (sessionId) => store.listCancelled(sessionId),
    listOwned: (sessionId) => store.listOwned(sessionId),
  };
}

function recorder(tell: (event: WorkerEvent) => void): Pick<FleetWorker, "events" | "seen"> & {
  readonly observe: (event: WorkerEvent) => void;
} {
  const events: WorkerEvent[] = [];
  const watchers = new Set<(event: WorkerEvent) => void>();
  return {
    events,
    observe(event) {
      events.push(event);
      tell(event);
      for (const watch of watchers) watch(event);
    },
    seen(type, holds = () => true) {
      type Wanted = WorkerEvent & { readonly type: typeof type };
      const isWanted = (event: WorkerEvent): event is Wanted =>
        event.type === type && holds(event as Wanted);
      const past = events.find(isWanted);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        watchers.add((event) => {
          if (isWanted(event)) resolve(event);
        });
      });
    },
  };
}

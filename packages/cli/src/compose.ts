import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type {
  BellQueue,
  BlobStore,
  Instant,
  LeaseKeeper,
  ResourceSpec,
} from "@millrace/core/internal";
import {
  checkSchema,
  createStore,
  type Database,
  migrate,
  NoLeaseKeeper,
  openEmbedded,
  openServer,
  PostgresLeaseKeeper,
  type ServerOptions,
  type Store,
  UNHURRIED,
} from "@millrace/postgres";
import {
  type ConnectionSource,
  decideCheck,
  type Look,
  OutsideAsker,
} from "@millrace/sensors/internal";
import {
  assertRedisFit,
  BullmqBellQueue,
  type Checker,
  type CheckerDependencies,
  FollowUps,
  InProcessBellQueue,
  type Observer,
  openBlobStore,
  PRUNER_DEFAULTS,
  type PrunerSettings,
  readSettings,
  safeObserver,
  type Scheduler,
  startChecker,
  startPruner,
  startScheduler,
  startSweeper,
  startWorker,
  systemClock,
  type WorkerHandle,
  within,
  WORKER_DEFAULTS,
} from "@millrace/worker";
import { declareOuts, startOuts } from "./outs.ts";
import type { Project } from "./project/project.ts";
import { type SourceHooks, startSources } from "./sources.ts";

/** Where the state lies and how processes wake each other. */
export interface Services {
  /** A PostgreSQL URL, or a directory for the embedded database (null: in memory). */
  readonly database: { readonly url: string } | { readonly directory: string | null };
  /** Null: bells ring within this process only, and other processes find work by polling. */
  readonly redisUrl: string | null;
  /** Where large outputs and blobs lie: a directory or `s3://bucket/prefix`; absent: nowhere. */
  readonly blobs?: string | null;
}

/** Which parts a process plays; any number of processes may play each. */
export interface Roles {
  /** Handlers at once; 0 runs none. */
  readonly slots: number;
  /** Those whose tasks it runs; absent: all of them. */
  readonly queues?: readonly string[] | undefined;
  /** What its tasks may take together; absent: it declares none. */
  readonly capacity?: ResourceSpec | undefined;
  /** Fires timers, asks outside systems what sensors wait for, and sends what goes out. */
  readonly scheduler: boolean;
  /** Listens to the project's sources. */
  readonly sources: boolean;
}

export interface RuntimeOptions extends SourceHooks {
  readonly services: Services;
  readonly roles: Roles;
  readonly observe?: Observer;
  /** For how long history is kept, and how it is removed; absent: all of it is kept. */
  readonly pruning?: Partial<PrunerSettings>;
}

/** A running Millrace, or the part of it that this process plays. */
export interface Runtime {
  readonly store: Store;
  readonly database: Database;
  /** Does what a commit of this process left to do; pass it what the store's methods return. */
  readonly followUps: FollowUps;
  /** Connections that this process may hold. */
  readonly connections: { readonly postgres: number; readonly redis: number };
  /**
   * Takes nothing new, waits up to `graceMs` for what runs, hands the rest back, and closes. Called
   * again with a grace of 0, it ends the grace of the first call. Of a process that `isBroken` what
   * runs counts as lost in a crash.
   */
  stop(options?: { readonly graceMs?: number; readonly isBroken?: boolean }): Promise<void>;
}

const GRACE_MS = 25_000;
/** For each step of stopping, after the grace. */
const STEP_MS_MAX = 3_000;

/** An open database for commands that run no handlers. */
export interface OpenStore {
  readonly database: Database;
  readonly store: Store;
  /** Does what a commit left to do, so that nobody has to find it by polling. */
  readonly followUps: FollowUps;
  close(): Promise<void>;
}

/**
 * Opens the database, and the queue to ring those who work on it.
 *
 * @throws {DIRECTORY_LOCKED} When another process has the embedded database open.
 * @throws {SCHEMA_MISMATCH} When a server's database must be migrated first.
 */
export async function openStore(services: Services, observer?: Observer): Promise<OpenStore> {
  const observe = safeObserver(observer);
  const database = await openDatabase(services);
  const store = createStore(database);
  const queue = openQueue(services, 0, observe);
  const followUps = new FollowUps({ queue, triggers: store, clock: systemClock, observe });
  return {
    database,
    store,
    followUps,
    async close() {
      await followUps.idle();
      await queue.close();
      await database.close();
    },
  };
}

/**
 * Brings the schema up to this version.
 *
 * @returns Names of the migrations that it applied.
 */
export async function migrateServices({ database: where }: Services): Promise<readonly string[]> {
  const database =
    "url" in where ? openServer({ ...where, timeouts: UNHURRIED }) : await openEmbedded(where);
  try {
    return await migrate(database);
  } finally {
    await database.close();
  }
}

/**
 * Registers a project and starts the roles of this process.
 *
 * @throws {DEFINITION_INVALID} When the project does not fit what is registered already.
 * @throws {SCHEMA_MISMATCH} When the database must be migrated first.
 * @throws {SERVICE_UNFIT} When Redis may evict keys or is too old.
 */
export async function startRuntime(project: Project, options: RuntimeOptions): Promise<Runtime> {
  const { services, roles } = options;
  const observe = safeObserver(options.observe);
  if (services.redisUrl !== null) await assertRedisFit(services.redisUrl);
  const database = await openDatabase(services, { roles, observe });
  const queue = openQueue(services, roles.slots, observe);
  try {
    const store = createStore(database);
    let scheduler: Scheduler | null = null;
    const followUps = new FollowUps({
      queue,
      triggers: store,
      clock: systemClock,
      observe,
      wakeTimers: (at: Instant) => scheduler?.wake(at),
    });
    const shared = { followUps, clock: systemClock, observe };
    const { name, build, definitions } = project;
    const pipelines = definitions.map(({ spec }) => spec);
    followUps.follow(await store.register({ name, build, pipelines }));
    await declareOuts(database, project);
    const worker = await startWorkerRole(project, options, { ...shared, store, queue });
    if (roles.scheduler) scheduler = startScheduler({ ...shared, timers: store });
    const checker = roles.scheduler ? startSensors({ ...shared, checks: store }) : null;
    const sender = roles.scheduler ? await startOuts(project, { database, observe }) : null;
    const sweeper = startSweeper({ ...shared, sweeps: store, tasks: store.swept, triggers: store });
    const pruning = { ...PRUNER_DEFAULTS, ...options.pruning };
    const pruner = startPruner({ ...shared, growth: store }, pruning);
    const sources = roles.sources
      ? startSources(project, { store, followUps, hooks: options })
      : null;
    let stopped: Promise<void> | null = null;
    return {
      store,
      database,
      followUps,
      connections: connectionsOf(database, project, options),
      stop({ graceMs = GRACE_MS, isBroken = false } = {}) {
        if (stopped !== null && graceMs === 0) void worker?.drain({ graceMs });
        stopped ??= stop({ graceMs, isBroken });
        return stopped;
      },
    };

    async function stop(draining: { graceMs: number; isBroken: boolean }): Promise<void> {
      // Whatever does not answer must not keep a process that was told to stop.
      const bounded = (...work: readonly (Promise<void> | undefined)[]): Promise<boolean> => {
        const ending = work.filter((each) => each !== undefined);
        return within(STEP_MS_MAX, Promise.all(ending), systemClock);
      };
      await Promise.all([bounded(sources?.stop()), worker?.drain(draining)]);
      await bounded(
        scheduler?.stop(),
        checker?.stop(),
        sender?.stop(),
        sweeper.stop(),
        pruner.stop(),
      );
      await bounded(followUps.idle());
      await bounded(queue.close());
      await bounded(database.close());
    }
  } catch (error) {
    await queue.close();
    await database.close();
    throw error;
  }
}

/** The embedded database is brought up to date as it is opened; a server is migrated by command. */
async function openDatabase(
  { database: where }: Services,
  process?: { readonly roles: Roles; readonly observe: Observer },
): Promise<Database> {
  const database =
    "url" in where
      ? openServer({ ...where, ...(process && connectionsFor(process.roles, process.observe)) })
      : await openEmbedded(where);
  try {
    await ("url" in where ? checkSchema(database) : migrate(database));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** As many as may be wanted at once: claims and finishes have two lanes each, evaluations too. */
function connectionsFor(roles: Roles, observe: Observer): Omit<ServerOptions, "url"> {
  return {
    connectionsMax: 4,
    apart: { control: 2, work: roles.slots > 0 ? 6 : 2 },
    onProblem: (error) => observe({ type: "problem", where: "database connection", error }),
  };
}

function openQueue({ redisUrl }: Services, slots: number, observe: Observer): BellQueue {
  const where = redisUrl === null ? "queue" : "Redis (work goes on by polling)";
  const onError = (error: unknown): void => observe({ type: "problem", where, error });
  return redisUrl === null
    ? new InProcessBellQueue({ onError })
    : new BullmqBellQueue({ url: redisUrl, inHandMax: Math.max(1, slots), onError });
}

async function startWorkerRole(
  { definitions, build, files }: Project,
  { services, roles }: RuntimeOptions,
  parts: {
    store: Store;
    queue: BellQueue;
    followUps: FollowUps;
    clock: typeof systemClock;
    observe: Observer;
  },
): Promise<WorkerHandle | null> {
  if (roles.slots === 0) return null;
  const { store, ...shared } = parts;
  const settings = await readSettings(definitions, environmentSource());
  const isServer = "url" in services.database;
  const lease: LeaseKeeper = isServer
    ? new PostgresLeaseKeeper({ url: services.database.url })
    : new NoLeaseKeeper();
  return startWorker(
    { ...shared, sessions: store, tasks: store, lease, blobs: openBlobs(services) },
    {
      ...WORKER_DEFAULTS,
      definitions,
      ...(files.length > 0 && { isolateModules: files }),
      settings,
      host: hostname(),
      pid: process.pid,
      slots: roles.slots,
      queues: roles.queues,
      capacity: roles.capacity,
      leaseMs: isServer ? WORKER_DEFAULTS.leaseMs : null,
      build: build === null ? null : String(build),
    },
  );
}

/** @throws {DEFINITION_INVALID} When the hosts that may be called are not written as they should. */
function startSensors(parts: Omit<CheckerDependencies<Look>, "asker" | "decide">): Checker {
  const asker = new OutsideAsker(environmentSource());
  return startChecker({ ...parts, asker, decide: decideCheck });
}

/** Where settings and connections come from. */
function environmentSource(): ConnectionSource {
  return { environment: process.env, readFile: (path) => readFile(path, "utf8") };
}

function openBlobs({ blobs = null }: Services): BlobStore | null {
  return blobs === null ? null : openBlobStore(blobs);
}

/** One for ringing, and one that waits for each channel that a worker hears. */
function connectionsOf(
  database: Database,
  { definitions }: Project,
  { services, roles }: RuntimeOptions,
): Runtime["connections"] {
  const lease = roles.slots > 0 && database.kind === "server" ? 1 : 0;
  const channels = new Set(
    definitions.flatMap(({ spec, version }) =>
      spec.tasks
        .filter(({ queue }) => roles.queues?.includes(queue) ?? true)
        .map(({ queue }) => `${queue} ${version}`),
    ),
  );
  const hearing = roles.slots > 0 ? channels.size * 2 : 0;
  const redis = services.redisUrl === null ? 0 : 1 + hearing;
  return { postgres: database.connectionsMax + lease, redis };
}

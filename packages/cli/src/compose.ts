import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { BellQueue, Instant, LeaseKeeper } from "@millrace/core/internal";
import {
  createStore,
  type Database,
  migrate,
  NoLeaseKeeper,
  openEmbedded,
  openServer,
  PostgresLeaseKeeper,
  type Store,
} from "@millrace/postgres";
import {
  assertRedisFit,
  BullmqBellQueue,
  FollowUps,
  InProcessBellQueue,
  type Observer,
  readSettings,
  safeObserver,
  type Scheduler,
  startScheduler,
  startSweeper,
  startWorker,
  systemClock,
  type WorkerHandle,
  WORKER_DEFAULTS,
} from "@millrace/worker";
import type { Project } from "./project.ts";
import { type SourceHooks, startSources } from "./sources.ts";

/** Where the state lies and how processes wake each other. */
export interface Services {
  /** A PostgreSQL URL, or a directory for the embedded database (null: in memory). */
  readonly database: { readonly url: string } | { readonly directory: string | null };
  /** Null: bells ring within this process only, and other processes find work by polling. */
  readonly redisUrl: string | null;
}

/** Which parts a process plays; any number of processes may play each. */
export interface Roles {
  /** Handlers at once; 0 runs none. */
  readonly slots: number;
  /** Fires timers. */
  readonly scheduler: boolean;
  /** Listens to the project's sources. */
  readonly sources: boolean;
}

export interface RuntimeOptions extends SourceHooks {
  readonly services: Services;
  readonly roles: Roles;
  readonly observe?: Observer;
}

/** A running Millrace, or the part of it that this process plays. */
export interface Runtime {
  readonly store: Store;
  readonly database: Database;
  /** Does what a commit of this process left to do; pass it what the store's methods return. */
  readonly followUps: FollowUps;
  /** Connections that this process may hold. */
  readonly connections: { readonly postgres: number; readonly redis: number };
  /** Takes nothing new, waits up to `graceMs` for what runs, hands the rest back, and closes. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

const GRACE_MS = 25_000;

/** An open database with its store, for commands that run nothing. */
export async function openStore(
  services: Services,
): Promise<{ database: Database; store: Store; close(): Promise<void> }> {
  const database = await openDatabase(services);
  return { database, store: createStore(database), close: () => database.close() };
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
  const database = await openDatabase(services);
  try {
    if (services.redisUrl !== null) await assertRedisFit(services.redisUrl);
    const store = createStore(database);
    const queue = openQueue(services, roles, observe);
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
    const worker = await startWorkerRole(project, options, { ...shared, store, queue });
    if (roles.scheduler) scheduler = startScheduler({ ...shared, timers: store });
    const sweeper = startSweeper({ ...shared, sweeps: store, tasks: store, triggers: store });
    const sources = roles.sources
      ? startSources(project, { store, followUps, hooks: options })
      : null;

    return {
      store,
      database,
      followUps,
      connections: connectionsOf(database, project, options),
      async stop({ graceMs = GRACE_MS } = {}) {
        await sources?.stop();
        await worker?.drain({ graceMs });
        await Promise.all([scheduler?.stop(), sweeper.stop()]);
        await followUps.idle();
        await queue.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The embedded database is brought up to date as it is opened; a server is migrated by command. */
async function openDatabase({ database: where }: Services): Promise<Database> {
  if ("url" in where) return openServer({ url: where.url });
  const database = await openEmbedded(where);
  await migrate(database);
  return database;
}

function openQueue({ redisUrl }: Services, { slots }: Roles, observe: Observer): BellQueue {
  const onError = (error: unknown): void => observe({ type: "problem", where: "queue", error });
  return redisUrl === null
    ? new InProcessBellQueue({ onError })
    : new BullmqBellQueue({ url: redisUrl, inHandMax: Math.max(1, slots), onError });
}

async function startWorkerRole(
  { definitions }: Project,
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
  const settings = await readSettings(definitions, {
    environment: process.env,
    readFile: (path) => readFile(path, "utf8"),
  });
  const isServer = "url" in services.database;
  const lease: LeaseKeeper = isServer
    ? new PostgresLeaseKeeper({ url: services.database.url })
    : new NoLeaseKeeper();
  return startWorker(
    { ...shared, sessions: store, tasks: store, lease },
    {
      ...WORKER_DEFAULTS,
      definitions,
      settings,
      host: hostname(),
      pid: process.pid,
      slots: roles.slots,
      leaseMs: isServer ? WORKER_DEFAULTS.leaseMs : null,
    },
  );
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
      spec.tasks.map(({ queue }) => `${queue} ${version}`),
    ),
  );
  const hearing = roles.slots > 0 ? channels.size * 2 : 0;
  const redis = services.redisUrl === null ? 0 : 1 + hearing;
  return { postgres: database.connectionsMax + lease, redis };
}

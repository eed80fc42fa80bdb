import { migrateServices } from "@millrace/cli";
import { type Database, openServer } from "@millrace/postgres";
import { type Kysely, sql } from "kysely";
import {
  type LocalPostgres,
  postgresBinaries,
  startLocalPostgres,
} from "../../../tools/local-postgres.ts";
import { redisBinary } from "../../../tools/local-redis.ts";
import { ChaosRedis } from "./chaos-redis.ts";
import { type FaultyGate, openFaultyGate } from "./faulty-gate.ts";
import { WorkerSlot } from "./worker-slot.ts";

export interface WorldOptions {
  readonly workers: number;
  readonly directory: string;
}

/** All that runs, and all that can be broken. */
export interface World {
  readonly postgres: Pick<LocalPostgres, "crash">;
  readonly redis: ChaosRedis;
  readonly workers: readonly WorkerSlot[];
  /** The driver's ways to the servers. */
  readonly driver: {
    readonly gates: WorkerSlot["gates"];
    readonly databaseUrl: string;
    readonly redisUrl: string;
  };
  /** A way to the database that nobody breaks. */
  readonly direct: Database;
  readonly directUrl: string;
  close(): Promise<void>;
}

const SCHEDULERS = 2;
const SLOTS = 10;
const DATABASE = "chaos";
/** A crash of the process must lose nothing that was committed; the machine does not crash here. */
const POSTGRES_SETTINGS = ["synchronous_commit=on"];

/** @throws {Error} When this machine has no binaries of Postgres or of Redis. */
export async function openWorld({ workers: count, directory }: WorldOptions): Promise<World> {
  const binaries = await postgresBinaries();
  const binary = redisBinary();
  if (binaries === null || binary === null) {
    const missing = binaries === null ? "postgres" : "redis-server";
    throw new Error(`The chaos rig starts servers of its own, and found no ${missing} on PATH.`);
  }
  const postgres = oneByOne(await startLocalPostgres(binaries, POSTGRES_SETTINGS));
  const redis = await ChaosRedis.start(binary);
  const directUrl = await createDatabase(postgres.url);
  const ways: FaultyGate[] = [];
  const driver = await openWays(directUrl, redis.port);
  const workers = await Promise.all(
    Array.from({ length: count }, async (_, place) => {
      const name = `worker-${place + 1}`;
      const parts = await openWays(directUrl, redis.port);
      return new WorkerSlot({
        name,
        scheduler: place < SCHEDULERS,
        slots: SLOTS,
        directory,
        ...parts,
      });
    }),
  );
  const direct = openServer({ url: directUrl, connectionsMax: 3 });
  const killAll = (): void => workers.forEach((worker) => worker.killNow());
  process.once("exit", killAll);
  return {
    ...{ postgres, redis, workers, driver, direct, directUrl },
    async close() {
      killAll();
      process.off("exit", killAll);
      await direct.close();
      await Promise.all(ways.map((gate) => gate.close()));
      await redis.stop();
      await postgres.stop();
    },
  };

  async function openWays(databaseUrl: string, redisPort: number) {
    const host = "127.0.0.1";
    const gates = {
      postgres: await openFaultyGate({ host, port: Number(new URL(databaseUrl).port) }),
      redis: await openFaultyGate({ host, port: redisPort }),
    };
    ways.push(gates.postgres, gates.redis);
    const url = new URL(databaseUrl);
    url.port = String(gates.postgres.port);
    const redisUrl = `redis://${host}:${gates.redis.port}`;
    return { gates, databaseUrl: url.toString(), redisUrl };
  }
}

/** One that is coming up cannot crash: crashes follow each other. */
function oneByOne(postgres: LocalPostgres): Pick<LocalPostgres, "url" | "crash" | "stop"> {
  let crashing: Promise<void> = Promise.resolve();
  return {
    url: postgres.url,
    crash() {
      crashing = crashing.then(() => postgres.crash());
      return crashing;
    },
    stop: () => crashing.then(() => postgres.stop()),
  };
}

async function createDatabase(serverUrl: string): Promise<string> {
  const server = openServer({ url: serverUrl, connectionsMax: 1 });
  await sql.raw(`create database ${DATABASE}`).execute(server.db);
  await server.close();
  const url = new URL(serverUrl);
  url.pathname = `/${DATABASE}`;
  await migrateServices({ database: { url: url.toString() }, redisUrl: null });
  return url.toString();
}

/** For what knows no tables of ours. */
export function plain({ db }: Database): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}

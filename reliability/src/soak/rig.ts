import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { type OpenStore, openStore } from "@millrace/cli";
import { migrate, openServer } from "@millrace/postgres";
import type { PrunerSettings } from "@millrace/worker";
import { postgresBinaries, startLocalPostgres } from "../../../tools/local-postgres.ts";
import { redisBinary, startLocalRedis } from "../../../tools/local-redis.ts";
import type { WorkerNews, WorkerOrder } from "./worker-order.ts";

export interface RigOptions {
  readonly workers: number;
  readonly slots: number;
  readonly pruning: Partial<PrunerSettings>;
}

/** Servers of its own, worker processes, and a store through which the load comes in. */
export interface Rig extends OpenStore {
  /** Of all workers together: the most that any takes now, and the most that any ever took. */
  memory(): { readonly rssMb: number; readonly heapMb: number; readonly rssMaxMb: number };
  startWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/** A soak of minutes must see what autovacuum does, which looks once a minute by default. */
const POSTGRES_SETTINGS = ["autovacuum_naptime=5s", "shared_buffers=256MB"];

export async function startRig(options: RigOptions): Promise<Rig> {
  const [binaries, redis] = [await postgresBinaries(), redisBinary()];
  if (binaries === null || redis === null) {
    throw new Error("A soak needs binaries of Postgres and of Redis (redis-server on PATH).");
  }
  const postgresServer = await startLocalPostgres(binaries, POSTGRES_SETTINGS);
  const redisServer = await startLocalRedis(redis);
  const abandon = (): void => {
    process.kill(postgresServer.pid, "SIGQUIT");
    process.kill(redisServer.pid, "SIGTERM");
    process.exit(130);
  };
  process.once("SIGINT", abandon).once("SIGTERM", abandon);
  const { url } = postgresServer;
  const fresh = openServer({ url, connectionsMax: 1 });
  await migrate(fresh);
  await fresh.close();
  const open = await openStore({ database: { url }, redisUrl: redisServer.url });
  const workers: Worker[] = [];
  return {
    ...open,
    memory: () => ({
      rssMb: most(workers, ({ news }) => news.rssMb),
      heapMb: most(workers, ({ news }) => news.heapMb),
      rssMaxMb: most(workers, ({ rssMaxMb }) => rssMaxMb),
    }),
    async startWorkers() {
      for (let place = 0; place < options.workers; place++) {
        const order = { databaseUrl: url, redisUrl: redisServer.url, ...options };
        workers.push(await startWorkerProcess({ ...order, scheduler: place === 0 }));
      }
    },
    async stop() {
      await Promise.all(workers.map(({ child }) => endProcess(child)));
      await open.close();
      process.off("SIGINT", abandon).off("SIGTERM", abandon);
      await redisServer.stop();
      await postgresServer.stop();
    },
  };
}

interface Worker {
  readonly child: ChildProcess;
  news: WorkerNews;
  rssMaxMb: number;
}

function most(workers: readonly Worker[], of: (worker: Worker) => number): number {
  return Math.round(Math.max(0, ...workers.map((worker) => of(worker))));
}

async function startWorkerProcess(order: WorkerOrder): Promise<Worker> {
  const main = path.join(import.meta.dirname, "worker-main.ts");
  const child = fork(main, [JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [first] = (await once(child, "message")) as [WorkerNews];
  const worker: Worker = { child, news: first, rssMaxMb: first.rssMb };
  child.on("message", (news: WorkerNews) => {
    worker.news = news;
    worker.rssMaxMb = Math.max(worker.rssMaxMb, news.rssMb);
  });
  return worker;
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

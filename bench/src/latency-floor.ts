import { Queue, Worker } from "bullmq";
import { openCommits } from "./engine/commits.ts";

export interface Floor {
  /** Milliseconds of durable commits and one hop through the queue, one after the other. */
  turn(): Promise<number>;
  close(): Promise<void>;
}

export interface FloorOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly commits: number;
}

/** The least that telling another process through Postgres and BullMQ can take. */
export async function openFloor({ databaseUrl, redisUrl, commits }: FloorOptions): Promise<Floor> {
  const durable = await openCommits(databaseUrl);
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue("floor", { connection });
  let heard = Promise.withResolvers<number>();
  const worker = new Worker("floor", () => Promise.resolve(heard.resolve(performance.now())), {
    connection,
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const options = { attempts: 1, removeOnComplete: true, removeOnFail: true };
  return {
    async turn() {
      heard = Promise.withResolvers();
      const startMs = performance.now();
      await durable.make(commits);
      await queue.add("bell", {}, options);
      return (await heard.promise) - startMs;
    },
    async close() {
      await worker.close();
      await queue.close();
      await durable.close();
    },
  };
}

import { Queue, Worker } from "bullmq";

export interface RawJobs {
  /** Lays up jobs that do nothing. */
  lay(jobs: number): Promise<void>;
  /** Milliseconds in which one worker works them off, at its best documented settings. */
  work(): Promise<number>;
  close(): Promise<void>;
}

const CONCURRENCY = 50;
const LAID_AT_ONCE = 1_000;

/** BullMQ without anything: the rate that all rates of tasks are compared with. */
export function openRawJobs(redisUrl: string): RawJobs {
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue("raw", { connection });
  const opts = { attempts: 1, removeOnComplete: true, removeOnFail: true };
  let laid = 0;
  return {
    async lay(jobs) {
      laid = jobs;
      for (let from = 0; from < jobs; from += LAID_AT_ONCE) {
        const some = Math.min(LAID_AT_ONCE, jobs - from);
        await queue.addBulk(
          Array.from({ length: some }, () => ({ name: "no-op", data: {}, opts })),
        );
      }
    },
    async work() {
      let left = laid;
      const done = Promise.withResolvers<void>();
      const worker = new Worker("raw", () => Promise.resolve(), {
        connection,
        concurrency: CONCURRENCY,
        autorun: false,
      });
      worker.on("error", done.reject);
      worker.on("completed", () => {
        left -= 1;
        if (left === 0) done.resolve();
      });
      await worker.waitUntilReady();
      const startMs = performance.now();
      worker.run().catch(done.reject);
      await done.promise;
      const ms = performance.now() - startMs;
      await worker.close();
      return ms;
    },
    close: () => queue.close(),
  };
}

import { type FlowJob, FlowProducer, type Job, Queue, Worker } from "bullmq";
import { driveQueue, Progress, type QueuePeer } from "./queue-driver.ts";
import { serve } from "./serve.ts";

const CONCURRENCY = 50;
const CHILDREN = 9;
const FLOWS_AT_ONCE = 100;
const NOTES = [
  `concurrency ${CONCURRENCY}; all is in the memory of Redis, and a crash of it takes what is not on disk yet`,
  "tasks: flows of nine jobs and one after them; a flow is a tree, and has no 1→8→1",
];

const queueName = "runs";
const opts = { attempts: 1, removeOnComplete: true, removeOnFail: true };
const each = { name: "each", queueName, data: {}, opts };
const after = (children: FlowJob[]) => ({ ...each, name: "last", children });
const afterMany = (width: number) => after(Array.from({ length: width }, () => each));

await serve({ name: "bullmq-flows", package: "bullmq" }, ({ redisUrl }) => {
  const progress = new Progress();
  return Promise.resolve(driveQueue(openPeer(redisUrl, progress), progress));
});

function openPeer(redisUrl: string, progress: Progress): QueuePeer<Worker> {
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const flows = new FlowProducer({ connection });
  const queue = new Queue(queueName, { connection });

  const handle = async ({ name, data }: Job<{ width: number }>): Promise<void> => {
    progress.begin();
    // The leaves of a flow come first: what is to come after a job, the job itself adds.
    if (name === "first") await flows.add(afterMany(data.width));
  };

  return {
    notes: NOTES,
    async startWorker() {
      const worker = new Worker(queueName, handle, { connection, concurrency: CONCURRENCY });
      worker.on("completed", ({ name }) => {
        if (name === "last") progress.end();
      });
      await worker.waitUntilReady();
      return worker;
    },
    stopWorker: (worker) => worker.close(),
    async lay(tasks) {
      const runs = tasks / (CHILDREN + 1);
      for (let laid = 0; laid < runs; laid += FLOWS_AT_ONCE) {
        const length = Math.min(FLOWS_AT_ONCE, runs - laid);
        await flows.addBulk(Array.from({ length }, () => afterMany(CHILDREN)));
      }
      return runs;
    },
    chain(length) {
      let run: FlowJob = each;
      for (let place = 2; place < length; place += 1) run = { ...each, children: [run] };
      return flows.add(after([run]));
    },
    fanOut: (width) => queue.add("first", { width }, opts),
    only: () => queue.add("last", {}, opts),
    // That a job has completed is told when it is stored.
    isIdle: () => Promise.resolve(true),
    close: () => Promise.all([queue.close(), flows.close()]),
  };
}

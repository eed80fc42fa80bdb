import { OpenWorkflow } from "openworkflow";
import { BackendPostgres } from "openworkflow/postgres";
import { driveQueue, Progress, type QueuePeer } from "./queue-driver.ts";
import { serve } from "./serve.ts";
import { times } from "./waiting.ts";

const CONCURRENCY = 50;
const MIDDLE = 8;
const LAID_AT_ONCE = 10;
const NOTES = [
  `concurrency ${CONCURRENCY}; its worker polls, 50 ms to 1 s after it has found nothing, which cannot be set`,
  "a task is a step, recorded when it begins and when it ends; the steps of a run stay in one process, and none is dispatched",
  "the end of a run is asked for as often as can be: its own handle asks once a second",
];

await serve({ name: "openworkflow", package: "openworkflow" }, async ({ databaseUrl }) => {
  const progress = new Progress();
  return driveQueue(await openPeer(databaseUrl, progress), progress);
});

type Worker = ReturnType<OpenWorkflow["newWorker"]>;

async function openPeer(databaseUrl: string, progress: Progress): Promise<QueuePeer<Worker>> {
  const backend = await BackendPostgres.connect(databaseUrl);
  const client = new OpenWorkflow({ backend });
  const fanOut = client.defineWorkflow<{ width: number }, void>(
    { name: "fan-out" },
    async ({ input: { width }, step }) => {
      await step.run({ name: "first" }, () => progress.begin());
      await Promise.all(
        Array.from({ length: width }, (_, place) =>
          step.run({ name: `middle-${place}` }, () => {}),
        ),
      );
      await step.run({ name: "last" }, () => {});
      progress.end();
    },
  );
  const chain = client.defineWorkflow<{ length: number }, void>(
    { name: "chain" },
    async ({ input: { length }, step }) => {
      for (let place = 0; place < length; place += 1) {
        await step.run({ name: `t${place}` }, () => progress.begin());
      }
      progress.end();
    },
  );

  return {
    notes: NOTES,
    async startWorker() {
      const worker = client.newWorker({ concurrency: CONCURRENCY });
      await worker.start();
      return worker;
    },
    stopWorker: (worker) => worker.stop(),
    async lay(tasks) {
      const runs = tasks / (MIDDLE + 2);
      await times(runs, LAID_AT_ONCE, () => fanOut.run({ width: MIDDLE }));
      return runs;
    },
    chain: (length) => chain.run({ length }),
    fanOut: (width) => fanOut.run({ width }),
    only: () => chain.run({ length: 1 }),
    async isIdle() {
      const { pending, running } = await backend.countWorkflowRuns();
      return pending + running === 0;
    },
    close: () => backend.stop(),
  };
}

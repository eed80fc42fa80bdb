import { DBOS } from "@dbos-inc/dbos-sdk";
import { serve } from "./serve.ts";
import { rest, times } from "./waiting.ts";

const MIDDLE = 8;
const IN_FLIGHT = 50;
const POOL_SIZE = 20;

await serve({ name: "dbos", package: "@dbos-inc/dbos-sdk" }, async ({ databaseUrl }) => {
  const step = (name: string) => DBOS.runStep(() => Promise.resolve(), { name });
  const joined = async (width: number): Promise<void> => {
    await step("first");
    await Promise.all(Array.from({ length: width }, (_, place) => step(`middle-${place}`)));
    await step("last");
  };
  const chained = async (length: number): Promise<void> => {
    for (let place = 0; place < length; place += 1) await step(`t${place}`);
  };
  const single = () => DBOS.runStep(() => Promise.resolve(performance.now()), { name: "only" });
  const fanOut = DBOS.registerWorkflow(joined, { name: "fanOut" });
  const chain = DBOS.registerWorkflow(chained, { name: "chain" });
  const only = DBOS.registerWorkflow(single, { name: "only" });

  DBOS.setConfig({
    name: "peer",
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: POOL_SIZE,
    logLevel: "error",
  });
  await DBOS.launch();
  const run = async (workflow: (size: number) => Promise<void>, size: number): Promise<void> => {
    const handle = await DBOS.startWorkflow(workflow)(size);
    await handle.getResult();
  };
  const elapsed = async (work: () => Promise<void>): Promise<number> => {
    const startMs = performance.now();
    await work();
    return performance.now() - startMs;
  };

  return {
    notes: [
      `workflows started in the process that runs them, ${IN_FLIGHT} at a time, ${POOL_SIZE} connections: its queues are slower`,
      "a task is a step, recorded when it ends; all steps of a run are in one process, and none is dispatched",
      "tasks: not laid up beforehand, since a workflow that is not queued runs at once",
    ],
    tasks: (count) => elapsed(() => times(count / 10, IN_FLIGHT, () => run(fanOut, MIDDLE))),
    chain: (length) => elapsed(() => run(chain, length)),
    fanOut: (width) => elapsed(() => run(fanOut, width)),
    async latency() {
      await rest();
      const startMs = performance.now();
      const handle = await DBOS.startWorkflow(only)();
      return (await handle.getResult()) - startMs;
    },
    close: () => DBOS.shutdown(),
  };
});

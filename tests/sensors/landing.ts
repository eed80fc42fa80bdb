import type { DatasetSpec } from "@millrace/core/internal";
import { createStore, openServer } from "@millrace/postgres";
import { type ObjectSource, type RunningSource, startObjectSource } from "@millrace/sensors";

/** What every source of these tests serves: many objects, which make updates of one dataset. */
export const LANDING: DatasetSpec = {
  namespace: "default",
  name: "landing",
  uri: "s3://lake/landing/**",
  partitions: {},
  metadata: null,
  observed: false,
};

export interface Consumer {
  readonly running: RunningSource;
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

/** A source on a store of its own, as a process of `millrace` has it. */
export function startConsumer(source: ObjectSource, databaseUrl: string): Consumer {
  const database = openServer({ url: databaseUrl, connectionsMax: 2 });
  const problems: string[] = [];
  const running = startObjectSource(source, {
    intake: createStore(database),
    datasets: () => Promise.resolve([LANDING]),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => undefined,
    onProblem: ({ message }) => problems.push(message),
  });
  return {
    running,
    problems,
    async stop() {
      await running.stop();
      await database.close();
    },
  };
}

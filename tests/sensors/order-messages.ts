import { type DatasetSpec, type IntakeStore } from "@millrace/core/internal";
import { createStore, type Database, openServer } from "@millrace/postgres";
import {
  type EventSourceDefinition,
  type RunningSource,
  startEventSource,
} from "@millrace/sensors";
import { sql } from "kysely";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "../engine/specs.ts";

export const ORDERS: DatasetSpec = { ...datasetSpec("orders"), partitions: {} };

/** What every source of these tests makes of `{"n":1}`. */
export const BECOMES = {
  type: "update",
  dataset: "default/orders",
  uri: { at: "/n" },
  metadata: "",
} as const;

export async function registerOrders(database: Database): Promise<void> {
  const pipelines = [pipelineSpec("p", [taskSpec("t")], { datasets: declare(ORDERS) })];
  await createStore(database).register({ name: "test", build: null, pipelines });
}

/** Where a consumer is to die, of itself and at once. */
export type Death = "before the commit" | "between commit and acknowledgement";

export interface MessagesConsumer {
  readonly running: RunningSource;
  readonly problems: readonly string[];
  stop(): Promise<void>;
}

export interface ConsumerParts {
  readonly death?: Death;
  /** Called before updates are recorded; throws to fail that. */
  readonly before?: () => void;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A source on a store of its own, as a process of `millrace` has it. */
export function consumeMessages(
  source: EventSourceDefinition,
  databaseUrl: string,
  { death, before = () => undefined, environment = {} }: ConsumerParts = {},
): MessagesConsumer {
  const database = openServer({ url: databaseUrl, connectionsMax: 2 });
  const store = createStore(database);
  const problems: string[] = [];
  const die = (where: Death): void => {
    if (death === where) process.kill(process.pid, "SIGKILL");
  };
  const intake: Pick<IntakeStore, "recordObjects" | "recordFacts" | "recordDeadLetters"> = {
    recordObjects: (items) => store.recordObjects(items),
    recordDeadLetters: (items) => store.recordDeadLetters(items),
    async recordFacts(facts) {
      before();
      die("before the commit");
      return store.recordFacts(facts);
    },
  };
  const running = startEventSource(source, {
    intake,
    datasets: () => Promise.resolve([ORDERS]),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => die("between commit and acknowledgement"),
    connections: { environment, readFile: () => Promise.reject(new Error("no files here")) },
    onProblem: ({ message, error }) => problems.push(`${message} ${String(error)}`),
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

/** The numbers of the orders that updates tell of, in order; each as often as it was told. */
export async function orderNumbers(database: Database): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number }>`
    select uri::int as n from millrace.update order by uri::int`.execute(database.db);
  return rows.map(({ n }) => n);
}

export async function deadLetters(
  database: Database,
): Promise<readonly { readonly source: string; readonly reason: string; readonly body: string }[]> {
  const { rows } = await sql<{ source: string; reason: string; body: string }>`
    select source, reason, body from millrace.dead_letter order by id`.execute(database.db);
  return rows;
}

export function numbersFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

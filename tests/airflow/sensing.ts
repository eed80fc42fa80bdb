import { readFile } from "node:fs/promises";
import { pipeline } from "@millrace/core";
import { type HasDefinition, type JsonValue, present } from "@millrace/core/internal";
import { listRuns, readRun, type RunDetail } from "@millrace/postgres";
import {
  airflow,
  type TasksOption,
  type OneRunOptions,
  type SeveralRunsOptions,
} from "@millrace/sensors";
import { decideCheck, OutsideAsker } from "@millrace/sensors/internal";
import { startChecker, systemClock } from "@millrace/worker";
import { expect } from "vitest";
import { z } from "zod";
import { openFleet } from "../worker/fleet.ts";

/** Airflow's scheduler, the start of a process and our next look take their time. */
const SEEN_MS = 120_000;

/** A run of ours that waits for Airflow. */
export interface WaitingRun {
  readonly id: number;
  /** What is shown of its wait, once that is so. */
  seen(pattern: RegExp): Promise<string>;
  look(): Promise<RunDetail>;
  /** When it has ended. */
  ended(): Promise<RunDetail>;
  /** Why it failed, when it has. */
  reason(): Promise<string>;
}

/** Workers and a checker, put together as the scheduler's process does it. */
export interface Sensing {
  /** Waits for one run of a DAG. */
  one(
    dag: string,
    options: OneRunOptions & TasksOption,
    connection?: string,
    api?: "v1" | "v2",
  ): Promise<WaitingRun>;
  /** Waits for several. */
  several(dag: string, options: SeveralRunsOptions & TasksOption): Promise<WaitingRun>;
  /** A run that was started, by us or by a schedule. */
  waiting(runId: number): WaitingRun;
  /** A run of a pipeline that waits for nothing, to its end. */
  quick(): Promise<RunDetail>;
  /** Of a pipeline that starts by itself. */
  firstRunOf(pipeline: string): Promise<number>;
  close(): Promise<void>;
}

export interface SensingOptions {
  readonly api: "v1" | "v2";
  /** Those that the checker may use. */
  readonly environment: Readonly<Record<string, string>>;
  /** Besides `one`, `several` and `quick`. */
  readonly pipelines?: readonly HasDefinition[];
}

/** One worker with a single slot: a wait that held it would hold up everything. */
export async function openSensing({
  api,
  environment,
  pipelines = [],
}: SensingOptions): Promise<Sensing> {
  const fleet = await openFleet("server");
  const source = { environment, readFile: (file: string) => readFile(file, "utf8") };
  const checker = startChecker({
    checks: fleet.store,
    ...{ asker: new OutsideAsker(source), decide: decideCheck },
    ...{ followUps: fleet, clock: systemClock },
    observe: () => {},
  });
  await fleet.register(...waitingPipelines(), ...pipelines);
  await fleet.worker({ slots: 1, leaseMs: 60_000 });

  const waiting = (id: number): WaitingRun => ({
    id,
    async seen(pattern) {
      let shown = "";
      const look = async (): Promise<string> => (shown = shownOf(await this.look()));
      await expect.poll(look, { timeout: SEEN_MS, interval: 200 }).toMatch(pattern);
      return shown;
    },
    look: async () => present(await readRun(fleet.database, id), "a run that was started"),
    ended: () => fleet.ended(id),
    async reason() {
      const { state, tasks } = await fleet.ended(id);
      expect(state).toBe("failed");
      return JSON.stringify(tasks[0]?.error);
    },
  });
  const start = async (name: string, params: object): Promise<WaitingRun> =>
    waiting(await fleet.start(name, {}, JSON.parse(JSON.stringify(params)) as JsonValue));
  return {
    one: (dag, options, connection = "etl", version = api) =>
      start("one", { dag, options, connection, api: version }),
    several: (dag, options) => start("several", { dag, options, api }),
    waiting,
    quick: async () => fleet.ended(await fleet.start("quick")),
    async firstRunOf(name) {
      const runs = () => listRuns(fleet.database, { pipeline: `default/${name}`, limit: 10 });
      await expect.poll(runs, { timeout: 180_000 }).not.toEqual([]);
      return (await runs()).at(-1)?.id ?? 0;
    },
    async close() {
      await checker.stop();
      await fleet.close();
    },
  };
}

/** What a run waits for; what became of it when it does not wait. */
function shownOf({ notes, state, tasks }: RunDetail): string {
  return notes.waits[0]?.words ?? `${state}: ${JSON.stringify(tasks[0]?.error)}`;
}

/** What they wait for is given to each run. */
function waitingPipelines(): readonly HasDefinition[] {
  const many = z.object({ dag: z.string(), options: z.any(), api: z.enum(["v1", "v2"]) });
  const params = many.extend({ connection: z.string() });
  return [
    pipeline("one", { params }, ({ sensor }) =>
      sensor("found", {
        check: ({ params: { dag, options, connection, api } }) =>
          airflow(connection, { api }).run(dag, options as OneRunOptions & TasksOption),
        every: "1s",
      }),
    ),
    pipeline("several", { params: many }, ({ sensor }) =>
      sensor("found", {
        check: ({ params: { dag, options, api } }) =>
          airflow("etl", { api }).runs(dag, options as SeveralRunsOptions & TasksOption),
        every: "1s",
      }),
    ),
    pipeline("quick", {}, ({ task }) => task("done", () => "done")),
  ];
}

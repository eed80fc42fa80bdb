import { randomUUID } from "node:crypto";
import { type ClaimedTask, present, versionOf } from "@millrace/core/internal";
import { createStore, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { failed, ok } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

const RUNS = 12;
const ROUNDS = 8;

/** Retries, time that is up and ends of attempts meet at the same runs, from two processes. */
test("timers that fire while their runs end wait for each other, and never in a circle", async () => {
  const server = await createDatabase();
  const databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 3 }));
  const [one, two] = databases.map((database) => createStore(database));
  const stores = [present(one), present(two)] as const;
  const { db } = present(databases[0]);
  const retries = { limit: 50, backoff: "fixed", delayMs: 1, maxMs: 1, jitter: false } as const;
  const tasks = [
    taskSpec("a", { retries, group: "g" }),
    taskSpec("b", { retries, group: "g" }),
    taskSpec("c", { retries }),
  ];
  const spec = pipelineSpec("timed", tasks, {
    maxParallelTasks: 2,
    maxActiveRuns: 1_000,
    timeoutMs: 400,
    groups: { g: { timeoutMs: 200, failFast: true } },
  });
  // Its time is up as soon as it has begun: it ends and is stopped at the same moment.
  const short = pipelineSpec("short", [taskSpec("only")], { timeoutMs: 1 });
  await stores[0].register({ name: "timers", build: null, pipelines: [spec, short] });
  const sessionId = randomUUID();
  const host = { host: "test", pid: 1, slots: 100, channels: [] };
  await stores[0].open({ sessionId, ...host, leaseMs: 600_000 });
  const channels = [spec, short].map((each) => ({ queue: "default", version: versionOf(each) }));
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  const item = ({ taskRunId, runId, attempt }: ClaimedTask, isLast: boolean) => {
    const outcome = isLast ? ok() : failed();
    return { taskRunId, runId, attempt, outcome, u: 0 };
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (let run = 0; run < RUNS; run++) {
      await stores[run % 2 === 0 ? 0 : 1].startRun({ pipeline: "default/timed", ...manual });
      await stores[run % 2 === 0 ? 0 : 1].startRun({ pipeline: "default/short", ...manual });
    }
    for (let lap = 0; lap < 4; lap++) {
      const claimed = await stores[0].claimNext(sessionId, channels, 100);
      const half = Math.floor(claimed.length / 2);
      const ends = claimed.map((task) => item(task, lap === 3 || task.task === "only"));
      await Promise.all([
        stores[0].finish(ends.slice(0, half)),
        stores[1].finish(ends.slice(half).toReversed()),
        stores[0].fireDue(100),
        stores[1].fireDue(100),
      ]);
    }
  }
  // What is left: every timer fires, and what is stopped stops.
  for (let lap = 0; lap < 200; lap++) {
    await stores[1].fireDue(1_000);
    const claimed = await stores[0].claimNext(sessionId, channels, 100);
    await stores[0].finish(claimed.map((task) => item(task, true)));
    await stores[0].finish(await stores[0].listAbandoned(-1, 1_000));
    const { rows } = await sql`select from millrace.run where ended_at is null`.execute(db);
    if (rows.length === 0) break;
  }
  const { rows } = await sql<Record<string, number>>`
    select (select count(*)::int from millrace.run where ended_at is null) as alive,
      (select count(*)::int from millrace.timer where run_id is not null) as timers,
      (select count(*)::int from millrace.ready) as ready,
      (select count(*)::int from millrace.task_run
        where state in ('queued', 'running', 'waiting')) as tasks,
      (select deadlocks::int from pg_stat_database
        where datname = current_database()) as deadlocks`.execute(db);
  expect(rows[0]).toEqual({ alive: 0, timers: 0, ready: 0, tasks: 0, deadlocks: 0 });
  await Promise.all(databases.map((database) => database.close()));
  await server.drop();
}, 120_000);

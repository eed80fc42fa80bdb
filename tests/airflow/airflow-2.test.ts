/** Sensors on a real Airflow 2, by its REST API v1 and basic authentication. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Airflow, startAirflow } from "./airflow.ts";
import { openSensing, type Sensing } from "./sensing.ts";

let server: Airflow;
let sensing: Sensing;

beforeAll(async () => {
  server = await startAirflow("airflow-2");
  sensing = await openSensing({
    api: "v1",
    environment: {
      MILLRACE_ALLOW_HOSTS: "127.0.0.1",
      MILLRACE_CONNECTION_ETL: server.urlOf("operator"),
      MILLRACE_CONNECTION_WRONG: server.urlOf("nobody"),
    },
  });
});

afterAll(async () => {
  await sensing?.close();
  await server?.close();
});

test("a run is waited for by its id, its date and as the latest, and gives where to look", async () => {
  const logicalDate = "2024-05-06T07:00:00.000Z";
  const run = await server.run("single", { logicalDate });
  const [byId, byDate, latest] = [
    await sensing.one("single", { match: { runId: run.id } }),
    await sensing.one("single", { match: { logicalDate } }),
    await sensing.one("single", { match: "latest" }),
  ];
  const shown = await byId.seen(/seen last: running: single .* is running/);
  expect(shown).toContain(run.url);
  await byDate.seen(new RegExp(`single ${run.id} is running`));
  await latest.seen(new RegExp(`single ${run.id} is running`));
  await run.tell("work", "succeed");
  for (const waiting of [byId, byDate, latest]) {
    expect(await waiting.ended()).toMatchObject({
      state: "succeeded",
      result: { job: "single", id: run.id, state: "success", url: run.url, logicalDate },
    });
  }
});

test("a run in the window fails the task when it fails, with where to look", async () => {
  const waiting = await sensing.one("single", { match: { window: "0s" } });
  await waiting.seen(/seen last: missing: no run of single since/);
  const run = await server.run("single");
  await run.tell("work", "fail");
  expect(await waiting.reason()).toContain(
    `what is waited for is failed: single ${run.id} is failed (${run.url})`,
  );
});

test("a run that Airflow's own schedule made is found by its date", async () => {
  const day = await sensing.one("daily", { match: { logicalDate: "2024-02-02T00:00:00Z" } });
  const { result } = await day.ended();
  const id = "scheduled__2024-02-02T00:00:00+00:00";
  expect(result).toMatchObject({
    id,
    state: "success",
    url: `${server.url}/dags/daily/grid?dag_run_id=${encodeURIComponent(id)}`,
  });
});

test("tasks are waited for while the run goes on, and shown on their own pages", async () => {
  const run = await server.run("several");
  const match = { runId: run.id };
  const load = await sensing.one("several", { match, tasks: ["extract", "load"] });
  const report = await sensing.one("several", { match, tasks: ["report"] });
  const part = await sensing.one("several", { match, tasks: ["part"] });
  await load.seen(/task load of several .* \(1 of 2 running\)/);
  await run.tell("load", "succeed");
  expect(await load.ended()).toMatchObject({ state: "succeeded", result: { state: "running" } });
  await run.tell("report", "fail");
  expect(await report.reason()).toContain(`is failed (${run.url}&task_id=report)`);
  await run.tell("part_1", "fail");
  expect(await part.reason()).toContain(`(1 of 3 failed) (${run.url}&task_id=part&map_index=1)`);
  for (const rest of ["part_0", "part_2"]) await run.tell(rest, "succeed");
});

test("what is not there, who is not known and which version it is not, are told apart", async () => {
  const once = { onMissing: "fail", onUnreachable: "fail", match: "latest" } as const;
  const noDag = await sensing.one("no_such_dag", once);
  const nobody = await sensing.one("single", once, "wrong");
  const other = await sensing.one("single", once, "etl", "v2");
  expect(await noDag.reason()).toContain("is missing: no run of no_such_dag");
  const refused = await nobody.reason();
  expect(refused).toContain("answers with status 401");
  expect(refused).toContain("the user and the password of MILLRACE_CONNECTION_WRONG");
  expect(await other.reason()).toContain("has no /auth/token, as Airflow 3 has");
});

test("an Airflow that is stopped is told apart, and asked on when it is there again", async () => {
  const run = await server.run("resting");
  const waiting = await sensing.one("resting", { match: { runId: run.id } });
  await waiting.seen(/is queued/);
  await server.stopApi();
  await waiting.seen(/seen last: unreachable: airflow-v1 at .* cannot be reached: ECONNREFUSED/);
  await server.startApi();
  await waiting.seen(/is queued/);
  await server.call("DELETE", `/dags/resting/dagRuns/${run.id}`);
  expect(await waiting.reason()).toContain(`is removed: no run ${run.id} of resting`);
});

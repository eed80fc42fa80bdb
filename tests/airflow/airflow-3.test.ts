/** Sensors on a real Airflow 3, by its REST API v2 and its tokens. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { cron, pipeline } from "@millrace/core";
import { airflow } from "@millrace/sensors";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killAll, PROJECTS, startMillrace } from "../cli/millrace.ts";
import { type Airflow, type OrderedRun, startAirflow } from "./airflow.ts";
import { openSensing, type Sensing } from "./sensing.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let server: Airflow;
let sensing: Sensing;
let folder = "";
let tokenFile = "";
/** A minute that comes while these tests run: the logical date of a run of ours. */
let tick = 0;
let dayBefore: OrderedRun;
let sameDay: OrderedRun;

beforeAll(async () => {
  server = await startAirflow("airflow");
  folder = await mkdtemp(path.join(tmpdir(), "airflow-token-"));
  tokenFile = path.join(folder, "token");
  // With time to spare for what has to be there before it.
  tick = Math.ceil(Date.now() / MINUTE_MS + 1) * MINUTE_MS;
  dayBefore = await server.run("single", { logicalDate: iso(tick - DAY_MS) });
  sameDay = await server.run("single", { logicalDate: iso(tick) });
  const at = new Date(tick);
  const minute = `${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} * *`;
  sensing = await openSensing({
    api: "v2",
    environment: {
      MILLRACE_ALLOW_HOSTS: "127.0.0.1",
      MILLRACE_CONNECTION_ETL: `${server.urlOf("viewer")}/`,
      MILLRACE_CONNECTION_CARRIED: server.url,
      MILLRACE_CONNECTION_CARRIED_TOKEN_FILE: tokenFile,
      MILLRACE_CONNECTION_STRANGER: server.url,
      MILLRACE_CONNECTION_WRONG: server.urlOf("nobody"),
    },
    pipelines: [
      pipeline("dated", { on: { tick: cron(minute) } }, ({ sensor }) =>
        sensor("found", {
          check: airflow("etl").run("single", { match: { logicalDateOffset: "-1d" } }),
          every: "1s",
        }),
      ),
    ],
  });
});

afterEach(killAll);
afterAll(async () => {
  await sensing?.close();
  await server?.close();
  if (folder !== "") await rm(folder, { recursive: true });
});

describe("the run of an id", () => {
  test("is waited for without a slot, and gives its state and where to look at it", async () => {
    const run = await server.run("single", { id: "manual__2024-02-03T00:00:00+00:00~a" });
    const waiting = await sensing.one("single", { match: { runId: run.id } });
    const shown = await waiting.seen(
      /seen last: running: single manual__2024-02-03T00:00:00\+00:00~a is running/,
    );
    expect(shown).toMatch(/^waits for airflow-v2 at etl, looks next at /);
    expect(shown).toContain(run.url);
    expect((await waiting.look()).tasks).toMatchObject([{ name: "found", state: "waiting" }]);
    // The worker has one slot.
    expect(await sensing.quick()).toMatchObject({ state: "succeeded" });
    await run.tell("work", "succeed");
    expect(await waiting.ended()).toMatchObject({
      state: "succeeded",
      result: { job: "single", id: run.id, state: "success", url: run.url, logicalDate: null },
    });
    const page = await fetch(run.url);
    expect(page.headers.get("content-type")).toContain("text/html");
  });

  test("fails the task when it fails, with the DAG, the run, its state and where to look", async () => {
    const run = await server.run("single", { id: "broken" });
    const waiting = await sensing.one("single", { match: { runId: "broken" } });
    await waiting.seen(/single broken is (queued|running)/);
    await run.tell("work", "fail");
    expect(await waiting.reason()).toContain(
      `what is waited for is failed: single broken is failed (${server.url}/dags/single/runs/broken)`,
    );
  });

  test("is waited for after it failed, where that is asked for: somebody clears it", async () => {
    const run = await server.run("single", { id: "mended" });
    await run.tell("work", "fail");
    const waiting = await sensing.one("single", { match: { runId: "mended" }, onFailed: "wait" });
    await waiting.seen(/seen last: failed: single mended is failed/);
    await run.tell("work", "succeed");
    await server.call("POST", "/dags/single/dagRuns/mended/clear", { dry_run: false });
    expect(await waiting.ended()).toMatchObject({ state: "succeeded" });
  });

  test("is running while its task is deferred", async () => {
    const run = await server.run("deferring");
    const deferred = await sensing.one("deferring", {
      match: { runId: run.id },
      tasks: ["work"],
    });
    const waiting = await sensing.one("deferring", { match: { runId: run.id } });
    await deferred.seen(/seen last: running: task work of deferring .* is deferred/);
    await waiting.seen(/seen last: running: deferring .* is running/);
    await run.tell("work", "succeed");
    expect(await waiting.ended()).toMatchObject({ state: "succeeded" });
    expect(await deferred.ended()).toMatchObject({ state: "succeeded" });
  });

  test("is told apart when it is not there, and when it is there no more", async () => {
    const never = await sensing.one("single", {
      match: { runId: "never" },
      onMissing: { then: "fail", grace: "1s" },
    });
    const noDag = await sensing.one("no_such_dag", { match: "latest", onMissing: "skip" });
    const run = await server.run("resting");
    const removed = await sensing.one("resting", { match: { runId: run.id } });
    await removed.seen(/is queued/);
    await server.call("DELETE", `/dags/resting/dagRuns/${run.id}`);
    expect(await removed.reason()).toContain(`is removed: no run ${run.id} of resting`);
    expect(await never.reason()).toContain("is missing: no run never of single for 1s");
    const { state, tasks } = await noDag.ended();
    expect({ state, task: tasks[0] }).toMatchObject({
      state: "succeeded",
      task: { state: "skipped", reason: expect.stringContaining("no run of no_such_dag") },
    });
  });
});

describe("the run of a logical date", () => {
  test("that Airflow's own schedule made is found, with what is in its id", async () => {
    const day = await sensing.one("daily", { match: { logicalDate: "2024-02-02T00:00:00Z" } });
    const days = await sensing.several("daily", {
      match: { logicalDates: ["2024-02-01T00:00:00Z", "2024-02-03T01:00:00+01:00"] },
    });
    const ended = await day.ended();
    expect(ended.tasks).toMatchObject([{ state: "succeeded", error: null }]);
    const found = ended.result as { id: string; url: string; logicalDate: string };
    expect(found).toMatchObject({ state: "success", logicalDate: "2024-02-02T00:00:00.000Z" });
    expect(found.id).toMatch(/^scheduled__2024-02-02T00:00:00/);
    expect(found.url).toBe(`${server.url}/dags/daily/runs/${encodeURIComponent(found.id)}`);
    expect((await days.ended()).result).toMatchObject([
      { logicalDate: "2024-02-01T00:00:00.000Z" },
      { logicalDate: "2024-02-03T00:00:00.000Z" },
    ]);
  });

  test("is found by the date of the run that waits, moved by a day", async () => {
    const waiting = sensing.waiting(await sensing.firstRunOf("dated"));
    await waiting.seen(/seen last: running: single .* is (queued|running)/);
    // Neither the run of its own date nor any other ends the wait.
    await sameDay.tell("work", "fail");
    const failed = await sensing.one("single", { match: { logicalDate: iso(tick) } });
    expect(await failed.reason()).toContain(`single ${sameDay.id} is failed`);
    await dayBefore.tell("work", "succeed");
    expect(await waiting.ended()).toMatchObject({
      state: "succeeded",
      result: { id: dayBefore.id, logicalDate: iso(tick - DAY_MS) },
    });
  });
});

test("the latest run counts, and a window leaves out what was there before", async () => {
  const before = await server.run("several");
  await sensing.one("several", { match: { runId: before.id } }).then((run) => run.seen(/running/));
  const inWindow = await sensing.one("several", { match: { window: "0s" } });
  const latest = await sensing.one("several", { match: "latest" });
  await latest.seen(new RegExp(`several ${before.id} is running`));
  await inWindow.seen(/seen last: missing: no run of several since /);
  const after = await server.run("several");
  await tellAll(after, "succeed");
  expect(await inWindow.ended()).toMatchObject({ state: "succeeded", result: { id: after.id } });
  expect(await latest.ended()).toMatchObject({ state: "succeeded", result: { id: after.id } });
  await tellAll(before, "succeed");
});

describe("tasks of a run", () => {
  test("are waited for while the run goes on, one, several, mapped or not reached", async () => {
    const run = await server.run("several");
    const match = { runId: run.id };
    const load = await sensing.one("several", { match, tasks: ["extract", "load"] });
    const report = await sensing.one("several", { match, tasks: ["load", "report"] });
    const publish = await sensing.one("several", { match, tasks: ["publish"] });
    const parts = await sensing.one("several", { match, tasks: ["part"] });
    const skipped = await sensing.one("several", {
      match,
      tasks: ["part"],
      allowedStates: ["success", "skipped"],
    });
    const typing = await sensing.one("several", {
      match,
      tasks: ["lode"],
      onMissing: { then: "fail", grace: "2s" },
    });
    await load.seen(/task load of several .* is (scheduled|queued|running) \(1 of 2 running\)/);
    await run.tell("load", "succeed");
    expect(await load.ended()).toMatchObject({
      state: "succeeded",
      result: { id: run.id, state: "running", url: run.url },
    });
    expect(await typing.reason()).toContain(`no task lode in several ${run.id}`);
    await run.tell("report", "fail");
    const reportUrl = `${run.url}/tasks/report`;
    expect(await report.reason()).toContain(
      `task report of several ${run.id} is failed (1 of 2 failed) (${reportUrl})`,
    );
    expect(await publish.reason()).toContain("is upstream_failed");
    await run.tell("part_0", "succeed");
    await run.tell("part_2", "succeed");
    await parts.seen(/task part of several .* is running \(1 of 3 running\)/);
    await run.tell("part_1", "skip");
    expect(await parts.reason()).toContain(
      `task part of several ${run.id} is skipped (1 of 3 failed) (${run.url}/tasks/part/mapped/1)`,
    );
    expect(await skipped.ended()).toMatchObject({ state: "succeeded" });
  });
});

describe("several runs", () => {
  test("are all waited for, or any", async () => {
    const [first, second] = [await server.run("single"), await server.run("single")];
    const match = { runIds: [first.id, second.id] };
    const all = await sensing.several("single", { match });
    const any = await sensing.several("single", { match, mode: "any" });
    await all.seen(/\(2 of 2 running\)/);
    await second.tell("work", "succeed");
    expect(await any.ended()).toMatchObject({ state: "succeeded", result: [{ id: second.id }] });
    await all.seen(/\(1 of 2 running\)/);
    await first.tell("work", "fail");
    expect(await all.reason()).toContain(`single ${first.id} is failed (1 of 2 failed)`);
  });
});

describe("who asks", () => {
  test("of an address that has another version is told so", async () => {
    const options = { match: "latest", onUnreachable: "fail" } as const;
    const reason = await (await sensing.one("single", options, "etl", "v1")).reason();
    expect(reason).toContain("there is no /api/v1 of an Airflow 2 at this URL");
  });

  test.each([
    ["stranger", "MILLRACE_CONNECTION_STRANGER"],
    ["wrong", "MILLRACE_CONNECTION_WRONG"],
  ])("as %s is told which variable to mend", async (connection, variable) => {
    const options = { match: "latest", onUnreachable: "fail" } as const;
    const reason = await (await sensing.one("single", options, connection)).reason();
    expect(reason).toContain("answers with status 401");
    expect(reason).toContain(variable);
  });

  test("by a token is told when it has run out; by a password, nothing is to be done", async () => {
    await writeFile(tokenFile, await server.token());
    const run = await server.run("resting");
    const match = { runId: run.id };
    const byPassword = await sensing.one("resting", { match });
    const byToken = await sensing.one("resting", { match }, "carried");
    await byPassword.seen(/is queued/);
    await byToken.seen(/is queued/);
    const shown = await byToken.seen(/unreachable/);
    expect(shown).toContain("answers with status 401");
    expect(shown).toContain("MILLRACE_CONNECTION_CARRIED_TOKEN");
    await writeFile(tokenFile, await server.token());
    await byToken.seen(/is queued/);
    await server.call("PATCH", `/dags/resting/dagRuns/${run.id}`, { state: "success" });
    expect(await byToken.ended()).toMatchObject({ state: "succeeded" });
    expect(await byPassword.ended()).toMatchObject({ state: "succeeded" });
  });
});

test("the command shows what is waited for, and how it ended", async () => {
  const run = await server.run("single", { id: "shown" });
  const env = {
    MILLRACE_ALLOW_HOSTS: "127.0.0.1",
    MILLRACE_CONNECTION_ETL: server.urlOf("viewer"),
  };
  const args = ["run", "awaiting", "-f", path.join(PROJECTS, "awaiting")];
  const command = startMillrace(args, { cwd: folder, env });
  await command.said(/load waits for airflow-v2 at etl until/);
  await run.tell("work", "fail");
  const { code, stdout, stderr } = await command.ended;
  expect(code).toBe(10);
  expect(stdout + stderr).toContain(`single shown is failed (${run.url})`);
});

// Last: what it starts anew does not know tokens of before.
test("an Airflow that is stopped is told apart, and asked on when it is there again", async () => {
  const run = await server.run("resting");
  const match = { runId: run.id };
  const waiting = await sensing.one("resting", { match });
  const hasty = await sensing.one("resting", {
    match,
    onUnreachable: { then: "fail", grace: "2s" },
  });
  await waiting.seen(/is queued/);
  await server.stopApi();
  await waiting.seen(/seen last: unreachable: airflow-v2 at .* cannot be reached: ECONNREFUSED/);
  expect(await hasty.reason()).toMatch(/what is waited for is unreachable: .* for 2s/);
  await server.startApi();
  await waiting.seen(/is queued/);
  await server.call("PATCH", `/dags/resting/dagRuns/${run.id}`, { state: "failed" });
  expect(await waiting.reason()).toContain(`resting ${run.id} is failed (${run.url})`);
});

async function tellAll(run: OrderedRun, order: "succeed"): Promise<void> {
  const tasks = ["load", "report", "publish", "part_0", "part_1", "part_2"];
  await Promise.all(tasks.map((task) => run.tell(task, order)));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

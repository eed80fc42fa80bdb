/** The database of another Millrace, and runs in it that its own engine has made. */
import type { ExternalCheck } from "@millrace/core";
import type { CheckGroup, DueCheck, RunWaiter } from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { millrace } from "@millrace/sensors";
import { askMillrace, decideCheck, type Look, OutsideAsker } from "@millrace/sensors/internal";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "../engine/engine.ts";
import { after, DAY, pipelineSpec, taskSpec } from "../engine/specs.ts";
import { createDatabase } from "../harness/postgres.ts";

const SIX = {
  type: "schedule",
  enabled: true,
  cron: "0 6 * * *",
  timezone: "UTC",
  catchup: "last",
  partition: {},
  params: {},
} as const;
const REGION = { region: { kind: "keys", values: ["eu", "us"] } } as const;
const NOW = Date.parse("2026-03-02T05:00:00Z");
const DAILY = Date.parse("2026-03-02T06:00:00Z");
const PAGE = "https://plant.example/";

let other: Engine;
let url = "";

beforeAll(async () => {
  other = await startEngine("server");
  const [row] = await other.rows<{ name: string }>("select current_database() as name");
  const address = new URL(inject("servers").postgres.url);
  address.pathname = `/${present(row).name}`;
  url = address.href;
  await other.setNow(new Date(NOW).toISOString());
  const pipelines = [
    pipelineSpec("steps", [taskSpec("a"), taskSpec("b", { needs: after("a") })]),
    pipelineSpec("steps", [taskSpec("x")], { namespace: "ops" }),
    pipelineSpec("many", [
      taskSpec("list"),
      taskSpec("each", {
        kind: "map",
        needs: { list: { task: "list", path: [] } },
        over: { task: "list", path: [] },
      }),
    ]),
    pipelineSpec("daily", [taskSpec("x")], { triggers: { SIX } }),
    pipelineSpec("sliced", [taskSpec("x")], { partitions: DAY }),
    pipelineSpec("diced", [taskSpec("x")], { partitions: { ...DAY, ...REGION } }),
    pipelineSpec("stream", [taskSpec("x")]),
  ];
  await other.register(...pipelines);
}, 60_000);
afterAll(() => other.close());

const WAITER: RunWaiter = { runId: 1, partition: {}, logicalAt: DAILY, since: NOW };

function due(check: ExternalCheck, waiter: Partial<RunWaiter> = {}): DueCheck {
  const pace = { everyMs: 10_000, backoff: { type: "constant" }, timeoutMs: null } as const;
  return {
    stepId: 1,
    wait: { kind: "check", check: check as DueCheck["wait"]["check"], ...pace },
    waiter: { ...WAITER, ...waiter },
    state: null,
  };
}

function lookAt(checks: readonly DueCheck[], connection = url): Promise<readonly Look[]> {
  const asker = new OutsideAsker({
    environment: { MILLRACE_CONNECTION_PLANT: connection },
    readFile: () => Promise.reject(new Error("no such file")),
  });
  const group: CheckGroup = {
    ...{ kind: "millrace", target: "plant", round: 1, failures: 0, now: NOW },
    checks,
  };
  return asker.ask(group, AbortSignal.timeout(20_000));
}

async function look(check: ExternalCheck, waiter: Partial<RunWaiter> = {}): Promise<Look> {
  return present((await lookAt([due(check, waiter)]))[0]);
}

const plant = millrace("plant");

describe("the run that is named", () => {
  const run = (id: number) => plant.run("steps", { match: { runId: `run_${id}` } });

  test("is under way until it ends, and then as it ended", async () => {
    const well = await other.start("steps");
    const badly = await other.start("steps");
    const stopped = await other.start("steps");
    expect(await look(run(well))).toMatchObject({
      type: "running",
      said: `default/steps run_${well} is running`,
      url: null,
    });
    await other.store.cancelRun(stopped);
    await other.settle({ b: ({ runId }) => (runId === badly ? failed() : ok()) });
    const looks = await lookAt([due(run(well)), due(run(badly)), due(run(stopped))]);
    const value = { job: "default/steps", id: `run_${well}`, url: null, logicalDate: null };
    expect(looks).toMatchObject([
      { type: "succeeded", value: { ...value, state: "succeeded" } },
      { type: "failed", said: `default/steps run_${badly} is failed` },
      { type: "failed", said: `default/steps run_${stopped} is cancelled` },
    ]);
    const tolerant = { match: { runId: String(stopped) }, allowedStates: ["cancelled"] } as const;
    expect(await look(plant.run("steps", tolerant))).toMatchObject({ type: "succeeded" });
  });

  test("is missing when it is another pipeline's, or of no pipeline", async () => {
    const id = await other.start("steps");
    const match = { runId: String(id) };
    expect(await look(plant.run("ops/steps", { match }))).toMatchObject({
      type: "missing",
      said: `no run run_${id} of ops/steps`,
    });
    expect(await look(plant.run("nowhere", { match }))).toMatchObject({
      type: "missing",
      said: "there is no pipeline default/nowhere over there",
    });
    await other.settle();
  });

  test("is shown with its page once the other side has one", async () => {
    const id = await other.start("steps");
    const pipelines = [pipelineSpec("lone", [taskSpec("a")])];
    await other.store.register({ name: "page", build: null, pipelines, url: PAGE });
    await other.store.register({ name: "page", build: null, pipelines });
    expect(await look(run(id))).toMatchObject({ url: `https://plant.example/runs/run_${id}` });
    await other.settle();
    const logicalDate = null;
    expect(await look(run(id))).toMatchObject({
      value: { url: `https://plant.example/runs/run_${id}`, logicalDate },
    });
  });

  test("that is pruned over there is removed, not missing", async () => {
    const id = await other.start("steps");
    const check = due(run(id));
    const moment = { now: NOW, u: 0 };
    const seen = decideCheck(check, present((await lookAt([check]))[0]), moment);
    expect(seen).toMatchObject({ type: "again" });
    await other.settle();
    await other.start("steps");
    await other.settle();
    await other.setNow("2026-03-02T05:59:00Z");
    const keep = { historyMs: 60_000, keysMs: 86_400_000 };
    while ((await other.store.prune("run", keep, 1_000)).more);
    const later = { ...check, state: seen.type === "again" ? seen.state : null };
    const gone = decideCheck(later, present((await lookAt([later]))[0]), moment);
    expect(gone).toMatchObject({ type: "failed", reason: expect.stringContaining("removed") });
  });
});

describe("tasks of a run", () => {
  test("are told apart: undecided, under way, well, failed, and not there", async () => {
    const id = await other.start("steps");
    const task = (name: string) => plant.task("steps", name, { match: { runId: String(id) } });
    const types = async (): Promise<readonly unknown[]> => {
      const looks = await lookAt(["a", "b", "c"].map((name) => due(task(name))));
      return looks.map((each) => each !== "notAsked" && [each.type, "said" in each && each.said]);
    };
    const missing = ["missing", `no task c in default/steps run_${id}`];
    expect(await types()).toEqual([
      ["running", `task a of default/steps run_${id} is queued`],
      ["running", `task b of default/steps run_${id} is undecided`],
      missing,
    ]);
    const [a] = await other.claim();
    await other.finish(present(a));
    expect(await types()).toEqual([
      ["succeeded", false],
      ["running", `task b of default/steps run_${id} is queued`],
      missing,
    ]);
    await other.settle({ b: () => failed() });
    expect(await types()).toEqual([
      ["succeeded", false],
      ["failed", `task b of default/steps run_${id} is failed`],
      missing,
    ]);
  });

  test("that could never begin count as failed", async () => {
    const id = await other.start("steps");
    await other.store.cancelRun(id);
    await other.settle();
    const match = { runId: String(id) };
    expect(await look(plant.run("steps", { match, tasks: ["a", "b"] }))).toMatchObject({
      type: "failed",
      said: expect.stringContaining("cancelled (2 of 2 failed)"),
    });
  });

  test("are all items together when they are mapped", async () => {
    const id = await other.start("many");
    const each = plant.task("many", "each", { match: { runId: String(id) } });
    const [list] = await other.claim();
    await other.finish(present(list), ok([1, 2]));
    const [one] = await other.claim(1);
    await other.finish(present(one));
    const said = `task each of default/many run_${id} is waiting`;
    expect(await look(each)).toMatchObject({ type: "running", said });
    await other.settle();
    expect(await look(each)).toMatchObject({ type: "succeeded" });
  });
});

describe("the run that is meant", () => {
  test("is the one of the logical date of who waits, or so much before", async () => {
    await other.setNow("2026-03-02T06:00:01Z");
    await other.store.fireDue(10);
    expect(await look(plant.run("daily"))).toMatchObject({ type: "running" });
    expect(await look(plant.run("daily"), { logicalAt: DAILY + 1_000 })).toMatchObject({
      type: "missing",
      said: "no run of default/daily for 2026-03-02T06:00:01.000Z",
    });
    await other.settle();
    const tomorrow = { logicalAt: DAILY + 86_400_000 };
    expect(await look(plant.run("daily"), tomorrow)).toMatchObject({ type: "missing" });
    const dayBefore = plant.run("daily", { match: { logicalDateOffset: "-1d" } });
    expect(await look(dayBefore, tomorrow)).toMatchObject({
      type: "succeeded",
      value: { logicalDate: "2026-03-02T06:00:00.000Z" },
    });
    const far = { logicalAt: Date.UTC(10_000, 0, 1) };
    expect(await look(plant.run("daily"), far)).toMatchObject({ type: "missing" });
  });

  test("is the newest of a partition, by its value or by all of its keys", async () => {
    const date = "2026-02-03";
    await other.start("sliced", { date });
    await other.settle({ x: () => failed() });
    const mine = plant.run("sliced", { match: "partition" });
    expect(await look(mine, { partition: { day: date } })).toMatchObject({ type: "failed" });
    await other.start("sliced", { date });
    await other.settle();
    expect(await look(mine, { partition: { day: date } })).toMatchObject({ type: "succeeded" });
    expect(await look(mine, { partition: { day: "2026-02-04" } })).toMatchObject({
      type: "missing",
      said: "no run of default/sliced for partition 2026-02-04",
    });
    await other.start("diced", { date, region: "eu" });
    await other.settle();
    const both = plant.run("diced", { match: "partition" });
    expect(await look(both, { partition: { region: "eu", date } })).toMatchObject({
      type: "succeeded",
    });
    const us = plant.run("diced", { match: { partition: { date, region: "us" } } });
    expect(await look(us)).toMatchObject({ type: "missing" });
    expect(await look(both, { partition: { day: date } })).toMatchObject({
      type: "missing",
      said: expect.stringContaining('name all: { partition: { date: "…", region: "…" } }'),
    });
    expect(await look(plant.run("steps", { match: { partition: date } }))).toMatchObject({
      type: "missing",
      said: expect.stringContaining("default/steps has no partitions"),
    });
  });

  test("is the newest of all, or since who waits began; or any since then", async () => {
    await other.setNow("2026-03-02T08:00:00Z");
    await other.start("stream");
    await other.settle();
    const eight = Date.parse("2026-03-02T08:00:00Z");
    const since = eight + 60_000;
    const latest = plant.run("stream", { match: "latest" });
    const window = (by: string) => plant.run("stream", { match: { window: by } });
    expect(await look(latest, { since })).toMatchObject({ type: "succeeded" });
    expect(await look(window("0s"), { since })).toMatchObject({ type: "missing" });
    expect(await look(window("1m"), { since })).toMatchObject({ type: "succeeded" });
    await other.setNow("2026-03-02T08:02:00Z");
    await other.start("stream");
    expect(await look(latest)).toMatchObject({ type: "running" });
    expect(await look(window("5m"), { since })).toMatchObject({ type: "running" });
    const any = plant.runs("stream", { match: { window: "5m" }, mode: "any" });
    expect(await look(any, { since })).toMatchObject({
      type: "succeeded",
      value: [{ job: "default/stream" }],
    });
    await other.settle();
  });
});

test("any number of checks are one query, and each gets its own answer", async () => {
  const id = await other.start("steps");
  await other.settle();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let fetches = 0;
  const counting = {
    query: (statement: pg.QueryConfig) => {
      if (statement.text.startsWith("fetch")) fetches += 1;
      return client.query(statement);
    },
  };
  const target = { system: "millrace", baseUrl: "postgres://plant", connection: "plant" } as const;
  const rest = { tasks: [], mode: "all", mapping: null, allowedStates: null } as const;
  const checks = Array.from({ length: 5_000 }, (_, place) => ({
    ...{ target, job: "default/steps", ...rest, failedStates: null },
    match: { by: "ids", ids: [`run_${place < 2_500 ? id : 900_000 + place}`] } as const,
  }));
  const options = { client: counting, statementMs: 5_000, now: () => NOW, isLate: () => false };
  const looks = await askMillrace(checks, options);
  expect(fetches).toBe(1);
  expect(looks.map((each) => each?.type)).toEqual(
    checks.map((_, place) => (place < 2_500 ? "succeeded" : "missing")),
  );
  const latest = { ...present(checks[0]), match: { by: "window", from: 0 }, mode: "any" } as const;
  const wide = Array.from({ length: 120 }, (_, place) => ({ ...latest, job: `default/p${place}` }));
  await askMillrace(wide, options);
  expect(fetches).toBe(3);
  await askMillrace(wide, { ...options, isLate: () => true });
  expect(fetches).toBe(3);
  await client.end();
});

describe("a database that cannot be asked is unreachable, and says why:", () => {
  const check = plant.run("steps", { match: "latest" });
  const at = async (address: string): Promise<Look | undefined> =>
    (await lookAt([due(check)], address))[0];

  test("one that is no Millrace, or of another version", async () => {
    const strange = await createDatabase();
    const client = new pg.Client({ connectionString: strange.url });
    await client.connect();
    await client.query("alter table millrace.run rename column logical_at to logical_date");
    expect(await at(strange.url)).toMatchObject({
      type: "unreachable",
      said: expect.stringMatching(/logical_at.* its schema is of another version/),
    });
    await client.query("alter table millrace.run rename column logical_date to logical_at");
    await client.query("alter table millrace.registry drop column url");
    expect(await at(strange.url)).toMatchObject({ type: "missing" });
    await client.query("drop schema millrace cascade");
    expect(await at(strange.url)).toMatchObject({
      type: "unreachable",
      said: expect.stringContaining("mend the URL of the connection"),
    });
    await client.end();
    await strange.drop();
  });

  test("one that lets its role read nothing", async () => {
    const role = `reader_${process.pid}`;
    await other.rows(`create role ${role} login password 'pw'`);
    const address = new URL(url);
    address.username = role;
    address.password = "pw";
    const refused = await at(address.href);
    expect(refused).toMatchObject({
      type: "unreachable",
      said: expect.stringContaining("let the role of the connection use the schema millrace"),
    });
    expect(JSON.stringify(refused)).not.toContain("pw@");
    const tables = ["pipeline", "pipeline_version", "registry", "run", "task_run"];
    await other.rows(`grant usage on schema millrace to ${role}`);
    for (const table of tables) await other.rows(`grant select on millrace.${table} to ${role}`);
    expect(await at(address.href)).toMatchObject({ type: "succeeded" });
    await other.rows(`drop owned by ${role}`);
    await other.rows(`drop role ${role}`);
  });

  test("one that is not there", async () => {
    expect(await at("postgres://127.0.0.1:1/plant")).toMatchObject({ type: "unreachable" });
    expect(await at("https://plant.example")).toMatchObject({
      type: "unreachable",
      said: expect.stringContaining("none of postgres://"),
    });
  });
});

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, type Millrace, startMillrace } from "./millrace.ts";

let database: Database;
beforeAll(async () => {
  database = await createDatabase();
  await register();
});
afterEach(killAll);
afterAll(() => database.drop());

const env = (): Record<string, string> => ({ MILLRACE_DATABASE_URL: database.url });
const run = (...args: string[]): Promise<Ended> => millrace(args, { env: env() });
const start = (args: string[], more: Record<string, string> = {}): Millrace =>
  startMillrace(args, { env: { ...env(), ...more } });
const show = async (id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await run("show", id, "--json")).stdout) as Record<string, unknown>;

test("a worker and a scheduler share the work with the commands", async () => {
  const worker = start(["worker", "shop", "--project", "shop"]);
  const scheduler = start(["scheduler", "shop", "--project", "shop"]);
  await Promise.all([worker.said(/Ready/), scheduler.said(/Ready/)]);

  const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const story = ["--traceparent", trace];
  const greeted = await run("run", "greet", "--param", "name=5", ...story, "--wait", "-f", "shop");
  expect(greeted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^run_\d+\n$/) });
  expect(await show(greeted.stdout.trim())).toMatchObject({ traceparent: trace });
  const fell = await run("run", "fall", "--wait", "--json");
  expect(fell.code).toBe(10);
  expect(fell.stderr).toMatch(/trip failed at attempt 2: TypeError: there was a step/);
  expect(JSON.parse(fell.stdout)).toMatchObject({ pipeline: "default/fall", state: "failed" });

  const metadata = ["--metadata", '{"rows": 3}'];
  const slice = ["--partition", "date=2026-02-03"];
  const updated = await run("update", "raw", ...slice, ...metadata, "-f", "shop");
  expect(updated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^update_\d+\n$/) });
  // A run carries the trace of the fact that completed its condition: let that be the prices.
  await waitFor("build");
  await run("update", "prices", ...slice, ...story);
  const days = '{"days": 2}';
  const stale = ["publish", "prices.stale", "--payload", days, "-f", "shop"];
  expect((await run(...stale)).code).toBe(0);
  const report = await waitFor("report");
  const detail = await show(report);
  const slot = { date: "2026-02-03" };
  expect(detail).toMatchObject({ state: "succeeded", partition: slot, traceparent: trace });
  expect([detail["startedBy"], detail["alsoIncluded"]]).toMatchObject([[{}], [{}]]);

  worker.kill("SIGTERM");
  scheduler.kill("SIGTERM");
  expect([await worker.ended, await scheduler.ended]).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect((await worker.ended).stderr).toMatch(/Postgres at most \d+, Redis 0/);
}, 60_000);

test.each([
  [3, ["run", "greeet"], /Did you mean default\/greet/],
  [2, ["run", "greet", "-f", "shop", "--param", "times=often"], /times: /],
  [2, ["run", "report"], /--partition date=/],
  [2, ["publish", "prices.stale", "--traceparent", "00-1-2-01"], /no W3C trace/],
  [3, ["update", "rwa"], /Did you mean default\/raw/],
  [2, ["update", "raw", "--partition", "date=2026-02-30"], /no day/],
  [
    2,
    [
      "update",
      "raw",
      "--partition",
      "date=2026-02-03",
      "--metadata",
      '{"rows": 1.5}',
      "-f",
      "shop",
    ],
    /rows: /,
  ],
  [2, ["update", "raw", "--partition", "date=2026-02-03"], /required metadata/],
  [2, ["publish", "prices.stale", "--data", '{"days": 2}'], /of an event are --payload/],
  [3, ["publish", "prices.stael"], /Did you mean prices\.stale/],
  [3, ["show", "999"], /There is no run run_999/],
  [3, ["release", "999"], /There is no update_999/],
  [2, ["release", "run_1"], /run_1 is no update/],
  [6, ["run", "fall", "--timeout", "100ms"], /goes on/],
])("exit %i: millrace %j says why", async (exit, args, why) => {
  const { code, stderr } = await run(...args);
  expect(stderr).toMatch(why);
  expect(code).toBe(exit);
});

test("what an update starts is started by the command itself, with nobody else there", async () => {
  const slice = ["--partition", "date=2026-03-04", "--metadata", '{"rows": 1}'];
  const { stdout } = await run("update", "raw", ...slice, "--json");
  const { update } = JSON.parse(stdout) as { update: number };
  const listed = await run("runs", "--pipeline", "build", "--limit", "1", "--json");
  expect(JSON.parse(listed.stdout)).toMatchObject({ runs: [{ cause: { update } }] });
});

test("who stops waiting for a run gets exit 130, and the run goes on", async () => {
  const waiting = start(["run", "reprice", "--wait"]);
  await waiting.said(/run_\d+ running/);
  waiting.kill("SIGINT");
  const { code, stdout, stderr } = await waiting.ended;
  expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringMatching(/goes on/) });
  expect(await show(stdout.trim())).toMatchObject({ state: "running" });
});

test("a run that is cancelled ends the waiting with exit 11", async () => {
  const waiting = start(["run", "grind", "--wait"]);
  await waiting.said(/run_\d+ running/);
  const { stdout } = await run("runs", "--pipeline", "grind", "--limit", "1", "--json");
  const [{ id }] = (JSON.parse(stdout) as { runs: [{ id: string }] }).runs;
  expect(await run("cancel", id)).toMatchObject({ code: 0, stdout: `${id}\n` });
  expect(await waiting.ended).toMatchObject({ code: 11, stdout: `${id}\n` });
});

test("what a worker ran when SIGTERM came is handed back, and another finishes it", async () => {
  const args = ["worker", "mill", "--project", "mill", "--grace", "0s"];
  const stuck = start(args, { MILL: "stuck" });
  await stuck.said(/Ready/);
  const waiting = start(["run", "grind", "--wait"]);
  await stuck.said(/turning at stuck/);
  stuck.kill("SIGTERM");
  const { stderr, ...rest } = await stuck.ended;
  expect(rest).toEqual({ code: 0, stdout: "" });
  // At once, and not found by a sweep when the lease had lapsed.
  expect(stderr).toMatch(/grind\.turn run_\d+ .* handed back/);
  const free = start(args, { MILL: "free" });
  const { code, stdout } = await waiting.ended;
  expect(code).toBe(0);
  expect(await show(stdout.trim())).toMatchObject({ result: "flour", tasks: [{ attempt: 2 }] });
  free.kill("SIGTERM");
  await free.ended;
});

/** By schedulers that are gone again. */
async function register(): Promise<void> {
  const workers = ["shop", "mill"].map((name) => start(["scheduler", name, "--project", name]));
  await Promise.all(workers.map((worker) => worker.said(/Ready/)));
  workers.forEach((worker) => worker.kill("SIGTERM"));
  await Promise.all(workers.map(({ ended }) => ended));
}

async function waitFor(pipeline: string): Promise<string> {
  for (;;) {
    const { stdout } = await run("runs", "--pipeline", pipeline, "--json");
    const { runs } = JSON.parse(stdout) as { runs: { id: string; endedAt: string | null }[] };
    const [first] = runs;
    if (first !== undefined && first.endedAt !== null) return first.id;
  }
}

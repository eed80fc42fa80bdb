import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, startMillrace } from "./millrace.ts";

let database: Database;
beforeAll(async () => {
  database = await createDatabase();
  const env = { MILLRACE_DATABASE_URL: database.url };
  const worker = startMillrace(["worker", "shop", "--project", "shop"], { env });
  await worker.said(/Ready/);
  worker.kill("SIGTERM");
  await worker.ended;
}, 60_000);
afterAll(async () => {
  killAll();
  await database.drop();
});

const run = (...args: string[]): Promise<Ended> =>
  millrace(args, { env: { MILLRACE_DATABASE_URL: database.url } });

test("why, pause and resume tell one story of what waits", async () => {
  const slice = ["--partition", "date=2026-02-03"];
  expect((await run("pause", "report", "--by", "ana")).stdout).toBe("report\n");
  expect((await run("update", "orders", ...slice)).stdout).toBe("update_1\n");
  await run("update", "prices", ...slice);

  const why = await run("why", "report");
  expect(why.code).toBe(0);
  expect(why.stdout).toContain("Triggers (1) - Pipeline runs when ANY trigger fires");
  expect(why.stdout).toMatch(/Paused by ana .*; 2 kept, which would start 1 run\./);
  expect(why.stdout).toContain("Try:  millrace resume report --dry-run");
  const json = JSON.parse((await run("why", "report", "--json")).stdout) as object;
  expect(json).toMatchObject({ triggers: [{ reason: "pipeline_paused" }] });
  const one = JSON.parse((await run("why", "report/both", "--json")).stdout) as object;
  expect(one).toMatchObject({ subject: "trigger", name: "both", reason: "pipeline_paused" });

  const looked = await run("resume", "report", "--dry-run");
  expect(looked.stderr).toContain("Resuming report starts 1 run from 2 kept facts.");
  const unasked = await run("resume", "report");
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(JSON.parse((await run("runs", "--json")).stdout)).toEqual({ runs: [] });
  expect((await run("resume", "report", "--yes")).code).toBe(0);
  const started = await run("why", "run_1");
  expect(started.stdout).toMatch(/Started by prices date=2026-02-03 \(update_2\)/);
  expect(started.stdout).toMatch(/Also included orders date=2026-02-03 \(update_1\)/);
}, 60_000);

test.each([
  ["raww", /Did you mean default\/raw/],
  ["run_99", /There is no run run_99/],
])("millrace why %s finds nothing, and says what to do", async (what, message) => {
  const { code, stderr } = await run("why", what);
  expect(code).toBe(3);
  expect(stderr).toMatch(message);
});

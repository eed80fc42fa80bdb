import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, startMillrace } from "./millrace.ts";

let database: Database;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-backtest-"));
  database = await createDatabase();
  const scheduler = startMillrace(["scheduler", "shop", "--project", "shop"], { env: env() });
  await scheduler.said(/Ready/);
  scheduler.kill("SIGTERM");
  await scheduler.ended;
  for (const dataset of ["prices", "orders"]) {
    await run("update", dataset, "--partition", "date=2026-02-03");
  }
}, 60_000);
afterEach(killAll);
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const env = (): Record<string, string> => ({ MILLRACE_DATABASE_URL: database.url });
const run = (...args: string[]): Promise<Ended> => millrace(args, { env: env() });

test("the present triggers start from recorded facts what they started then", async () => {
  const { code, stdout, stderr } = await run("backtest", "report", "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(stdout)).toMatchObject({
    pipeline: "default/report",
    facts: 2,
    same: [{ trigger: "both", partition: { date: "2026-02-03" } }],
    onlyRecorded: [],
    onlyNow: [],
  });
});

test("another trigger shows what would start instead, and what would not", async () => {
  const trigger = {
    type: "datasets",
    enabled: true,
    condition: {
      type: "leg",
      leg: {
        source: { type: "dataset", dataset: "default/prices" },
        where: null,
        partition: { date: { map: "same", from: "date" } },
      },
    },
    policy: { each: false },
    params: {},
  };
  const file = path.join(folder, "prices.json");
  await writeFile(file, JSON.stringify(trigger));
  const { code, stdout, stderr } = await run("backtest", "report", "--trigger", `@${file}`);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(/2 facts since .*: 0 runs the same, 1 only recorded, 1 only now/);
  expect(stdout).toMatch(/only recorded +run_\d+ +both +date=2026-02-03/);
  expect(stdout).toMatch(/only now +both +date=2026-02-03 .* update_\d+\n/);
});

test.each([
  [3, ["backtest", "reprot"], /Did you mean default\/report/],
  [2, ["backtest", "report", "--since", "yesterday"], /write a duration/],
  [2, ["backtest", "greet", "--trigger", "@x.json"], /say which one is replaced/],
  [2, ["backtest", "report", "--trigger", "x.json"], /write @file\.json/],
])("exit %i: millrace %j says why", async (exit, args, why) => {
  const { code, stderr } = await run(...args);
  expect(stderr).toMatch(why);
  expect(code).toBe(exit);
});

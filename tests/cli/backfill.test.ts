import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, startMillrace } from "./millrace.ts";

let database: Database;
beforeAll(async () => {
  database = await createDatabase();
  const options = { env: { MILLRACE_DATABASE_URL: database.url } };
  const scheduler = startMillrace(["scheduler", "shop", "--project", "shop"], options);
  await scheduler.said(/Ready/);
  scheduler.kill("SIGTERM");
  await scheduler.ended;
}, 60_000);
afterEach(killAll);
afterAll(() => database.drop());

const backfill = (...args: string[]): Promise<Ended> =>
  millrace(["backfill", ...args], { env: { MILLRACE_DATABASE_URL: database.url } });
const RANGE = ["--from", "2026-02-03", "--to", "2026-02-05"];

test("a plan is shown, started, looked at and cancelled", async () => {
  const planned = await backfill("plan", "report", ...RANGE, "--max-active", "2");
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^backfill_1 of report: 3 new\n[^]*date=2026-02-05 +new +it has/),
    stderr: expect.stringMatching(/Nothing runs yet.*backfill start backfill_1/),
  });
  expect(await backfill("start", "1")).toMatchObject({ code: 0, stdout: "backfill_1\n" });
  expect((await backfill("show", "backfill_1")).stdout).toMatch(
    /backfill_1 of report is running: 1 waiting, 2 running\n[^]*date=2026-02-03 +new +running +run_1/,
  );
  expect((await backfill("pause", "1")).code).toBe(0);
  expect((await backfill("resume", "1")).stderr).toMatch(/backfill_1 is running/);
  expect((await backfill("cancel", "1")).code).toBe(0);
  const listed = JSON.parse((await backfill("ls", "--json")).stdout) as object;
  expect(listed).toMatchObject({
    backfills: [{ id: "backfill_1", state: "cancelled", counts: { cancelled: 3 } }],
  });
}, 60_000);

test.each([
  [3, ["plan", "reprot", ...RANGE], /Did you mean default\/report/],
  [2, ["plan", "report"], /--from and --to/],
  [2, ["plan", "report", "--from", "2026-02-30", "--to", "2026-03-01"], /no day/],
  [2, ["plan", "report", ...RANGE, "--key", "region=eu"], /no partition key region/],
  [2, ["plan", "greet", ...RANGE, "--param", "name=a"], /no partitions to fill/],
  [2, ["plan", "report", ...RANGE, "--existing", "all"], /--existing/],
  [2, ["plan", "report", ...RANGE, "--max-active", "0"], /from 1 to 1000/],
  [3, ["start", "99"], /There is no backfill backfill_99/],
  [3, ["show", "99"], /There is no backfill backfill_99/],
  [2, ["cancel", "run_1"], /no backfill.*backfill_7/],
])("exit %i: millrace backfill %j says why", async (exit, args, why) => {
  const { code, stderr } = await backfill(...args);
  expect(stderr).toMatch(why);
  expect(code).toBe(exit);
});

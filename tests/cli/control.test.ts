import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, startMillrace } from "./millrace.ts";

let database: Database;
beforeAll(async () => {
  database = await createDatabase();
  const scheduler = startMillrace(["scheduler", "gate", "--project", "gate"], { env: env() });
  await scheduler.said(/Ready/);
  scheduler.kill("SIGTERM");
  await scheduler.ended;
}, 120_000);
afterEach(killAll);
afterAll(() => database.drop());

const env = (): Record<string, string> => ({ MILLRACE_DATABASE_URL: database.url });
const run = (...args: string[]): Promise<Ended> => millrace(args, { env: env() });
const show = async (id: string): Promise<Record<string, unknown>> =>
  JSON.parse((await run("show", id, "--json")).stdout) as Record<string, unknown>;
const said = ["--by", "ana", "--why", "the source was late"];
const worker = async () => {
  const started = startMillrace(["worker", "gate", "--project", "gate"], { env: env() });
  await started.said(/Ready/);
  return started;
};

test("a run is paused, resumed and marked to its end, with nobody there to work", async () => {
  const { stdout } = await run("run", "wobble");
  const id = stdout.trim();
  expect((await run("show", id)).stdout).toMatch(/waits: no live worker has version [0-9a-f]{16}/);
  expect(await run("pause", id, ...said)).toMatchObject({ code: 0, stdout: `${id}\n` });
  expect((await run("resume", id)).stderr).toContain(`${id} goes on.`);
  const output = ["--output", '{"rows": 5}'];
  const marked = await run("mark", id, "load", "succeeded", ...output, ...said);
  expect(marked).toMatchObject({ code: 0, stderr: `load of ${id} is marked as succeeded.\n` });
  await run("mark", id, "clean", "skipped", ...said);
  expect(await show(id)).toMatchObject({
    state: "succeeded",
    audit: [
      { by: "ana", action: "pause", why: "the source was late" },
      { action: "resume" },
      { by: "ana", action: "mark", task: "load" },
      { action: "mark", task: "clean" },
    ],
  });
}, 120_000);

test("a run that failed goes on in another, which says from where", async () => {
  const busy = await worker();
  const failed = await run("run", "wobble", "--wait");
  const id = failed.stdout.trim();
  expect(failed.code).toBe(10);
  expect((await run("show", id)).stdout).toContain(`Do again what failed:  millrace retry ${id}`);

  const retried = await run("retry", id, ...said, "--json");
  const again = JSON.parse(retried.stdout) as { id: string };
  expect(again).toMatchObject({ of: id, isNew: true, again: ["clean", "write"] });
  expect(retried.stderr).toContain(`${again.id} goes on from ${id}`);
  const why = (await run("why", again.id)).stdout;
  expect(why).toContain(`Started by ana, to do what failed of ${id} again: the source was late.`);
  expect((await show(id))["retriedBy"]).toEqual([again.id]);
  busy.kill("SIGTERM");
  await busy.ended;
}, 120_000);

test("an approval is listed, refused to the wrong role, and answered", async () => {
  const busy = await worker();
  const waiting = startMillrace(["run", "ship", "--wait"], { env: env() });
  const open = await approvals();
  expect(open).toMatchObject([{ task: "release", asks: "Ship it?", roles: ["lead"] }]);
  const id = open[0]?.run ?? "";
  expect((await run("approvals", "--role", "guest")).stderr).toContain("Nothing waits");
  const shown = (await run("show", id)).stdout;
  expect(shown).toMatch(/release +waits for the approval of lead: Ship it\?/);
  expect(shown).toMatch(/build +artifact +"app-7"/);

  const refused = await run("approve", id, "--role", "guest");
  expect(refused).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/asks for the role lead/),
  });
  const answered = await run("approve", id, "--role", "lead", "--comment", "go", "--by", "ana");
  expect(answered).toMatchObject({ code: 0, stderr: `release of ${id} is approved by ana.\n` });
  const told = expect.stringContaining(`millrace approve ${id} release --role lead`);
  expect(await waiting.ended).toMatchObject({ code: 0, stderr: told });
  expect(await show(id)).toMatchObject({ state: "succeeded", result: "go" });
  expect(await run("reject", id, "release")).toMatchObject({
    code: 5,
    stderr: expect.stringMatching(/approved by ana/),
  });
  busy.kill("SIGTERM");
  await busy.ended;
}, 120_000);

test.each([
  [3, ["retry", "run_999"], /There is no run run_999/],
  [3, ["clear", "run_1", "laod"], /run_1 has no task laod\. Its tasks are load, clean, write\./],
  [5, ["retry", "run_1"], /Nothing of run_1 failed/],
  [5, ["pause", "run_1"], /has succeeded: there is nothing left to pause/],
  [2, ["resume", "run_1", "--dry-run"], /millrace show run_1/],
  [2, ["mark", "run_1", "load", "done"], /succeeded, failed, skipped/],
  [3, ["approve", "run_1"], /No task of run_1 asks for approval/],
])("exit %i: millrace %j says why", async (exit, args, why) => {
  const { code, stderr } = await run(...args);
  expect(stderr).toMatch(why);
  expect(code).toBe(exit);
});

async function approvals(): Promise<readonly { run: string }[]> {
  for (;;) {
    const { stdout } = await run("approvals", "--json");
    const { approvals: open } = JSON.parse(stdout) as { approvals: { run: string }[] };
    if (open.length > 0) return open;
  }
}

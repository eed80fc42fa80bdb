import { openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { type Ended, killAll, millrace, type Millrace, startMillrace } from "./millrace.ts";

let database: Database;
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(killAll);
afterAll(() => database.drop());

const env = (): Record<string, string> => ({ MILLRACE_DATABASE_URL: database.url });
const run = (...args: string[]): Promise<Ended> => millrace(args, { env: env() });
const work = (name: string): Millrace =>
  startMillrace(["worker", "stray", "--project", "stray"], { env: { ...env(), STRAY: name } });
const show = async (id: string): Promise<{ tasks: { name: string; error: unknown }[] }> =>
  JSON.parse((await run("show", id.trim(), "--json")).stdout) as never;

test("an error that a handler lets go astray is its attempt's failure, and nobody else's", async () => {
  const worker = work("whole");
  await worker.said(/Ready/);
  const calm = run("run", "calm", "--wait");
  await worker.said(/calm begins/);
  const careless = await run("run", "careless", "--wait");
  expect(careless.code).toBe(10);
  const { tasks } = await show(careless.stdout);
  expect(tasks.map(({ error }) => error)).toMatchObject([
    { message: "nobody awaited this", reason: "error" },
    { message: "nobody could catch this", reason: "error" },
  ]);
  const { code, stdout } = await calm;
  expect(code).toBe(0);
  expect(await show(stdout)).toMatchObject({ tasks: [{ attempt: 1 }], result: "undisturbed" });
  worker.kill("SIGTERM");
  expect((await worker.ended).code).toBe(0);
}, 60_000);

test("an error of no handler ends the worker, and what it runs has lost its worker", async () => {
  const broken = work("broken");
  await broken.said(/Ready/);
  const waiting = startMillrace(["run", "patient", "--wait"], { env: env() });
  await broken.said(/waiting at broken/);
  broken.kill("SIGUSR2");
  const { code, stderr } = await broken.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/no handler did this/);
  expect(stderr).not.toMatch(/handed back/);
  const whole = work("whole");
  const ended = await waiting.ended;
  expect(ended.code).toBe(0);
  const detail = await show(ended.stdout);
  expect(detail).toMatchObject({ result: "finished elsewhere", tasks: [{ attempt: 2 }] });
  // A task that brings down whatever worker it is given has to end as poison.
  expect(await crashesOf("patient")).toBe(1);
  whole.kill("SIGTERM");
  await whole.ended;
}, 60_000);

async function crashesOf(pipeline: string): Promise<number | undefined> {
  const server = openServer({ url: database.url });
  const { rows } = await sql<{ crashes: number }>`
    select t.crashes from millrace.task_run t join millrace.run r on r.id = t.run_id
    join millrace.pipeline p on p.id = r.pipeline_id where p.name = ${pipeline}`.execute(server.db);
  await server.close();
  return rows[0]?.crashes;
}

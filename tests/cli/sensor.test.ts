import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { killAll, PROJECTS, startMillrace } from "./millrace.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "millrace-drop-"));
});
afterEach(killAll);
afterAll(() => rm(directory, { recursive: true }));

test("a run whose sensor waits for a file says so, and goes on when it comes", async () => {
  const env = { DROP_DIRECTORY: directory };
  const run = startMillrace(["run", "drop", "-f", path.join(PROJECTS, "sensing")], {
    cwd: directory,
    env,
  });
  await run.said(/orders waits for file at the file system until/);
  await writeFile(path.join(directory, "orders.csv"), "hello");
  expect(await run.ended).toMatchObject({ code: 0 });
}, 60_000);

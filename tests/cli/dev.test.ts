import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { killAll, millrace, PROJECTS, startMillrace } from "./millrace.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-dev-"));
  await cp(path.join(PROJECTS, "shop"), folder, { recursive: true });
  await symlink(MODULES, path.join(folder, "node_modules"));
});
afterEach(async () => {
  killAll();
  await rm(folder, { recursive: true });
});

test("dev starts in an empty folder, holds it, and loads a file that is saved", async () => {
  const dev = startMillrace(["dev"], { cwd: folder });
  await dev.said(/5 pipelines, .* watching for changes/);

  const second = await millrace(["dev"], { cwd: folder });
  expect(second.stderr).toMatch(/is open in process \d+\. Stop that process/);
  expect(second).toMatchObject({ code: 5, stdout: "" });

  const file = path.join(folder, "flow.ts");
  const text = await readFile(file, "utf8");
  await writeFile(file, `${text}\nexport const broken = oops;\n`);
  await dev.said(/flow\.ts:\d+:\d+: .*oops is not defined/);
  const more = 'export const more = pipeline("more", {}, ({ task }) => task("do", () => 1));';
  await writeFile(file, `${text}\n${more}\n`);
  await dev.said(/6 pipelines, .* watching for changes/);
  dev.kill("SIGTERM");
  expect((await dev.ended).code).toBe(0);
}, 90_000);

test("run works on the embedded database by itself, and what it did can be seen", async () => {
  const greeted = await millrace(["run", "greet", "--param", "name=Ann"], { cwd: folder });
  expect(greeted).toMatchObject({ code: 0, stdout: "run_1\n" });
  const fell = await millrace(["run", "fall"], { cwd: folder });
  expect(fell).toMatchObject({ code: 10, stdout: "run_2\n" });
  const listed = await millrace(["runs", "--json"], { cwd: folder });
  expect(JSON.parse(listed.stdout)).toMatchObject({
    runs: [
      { id: "run_2", state: "failed" },
      { id: "run_1", state: "succeeded" },
    ],
  });
  const shown = await millrace(["show", "run_2"], { cwd: folder });
  expect(shown.stdout).toMatch(/trip +✕ failed +2 .*TypeError: there was a step/);
}, 90_000);

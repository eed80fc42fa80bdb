import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { millrace } from "./millrace.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-check-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a cycle through three pipelines of two deployments is printed whole, with exit 8", async () => {
  const deployments = ["first=loop/first.ts", "second=loop/second.ts"];
  const args = deployments.flatMap((each) => ["--deployment", each]);
  const { code, stdout, stderr } = await millrace(["check", ...args]);
  expect(stdout).toContain(
    "default/make-a → default/a → default/make-b → default/b → default/make-c → default/c → default/make-a",
  );
  expect(stderr).toBe("1 problem in 2 deployments\n");
  expect(code).toBe(8);
});

test("each of the two deployments alone is fine", async () => {
  const { code, stdout } = await millrace(["check", "loop/first.ts", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, pipelines: 2, problems: [] });
  expect(code).toBe(0);
});

test("with --json, stdout is one document, also when something is wrong", async () => {
  const { code, stdout } = await millrace(["check", "loop", "--json"]);
  const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: string[] };
  expect({ code, ok }).toEqual({ code: 8, ok: false });
  expect(problems).toHaveLength(1);
});

test("what cannot be loaded is told with its file and line, and all files are told of", async () => {
  await writeFile(path.join(folder, "one.mjs"), "\nthrow new RangeError('too far');\n");
  await writeFile(path.join(folder, "two.mjs"), "import './gone.mjs';\n");
  const { code, stdout } = await millrace(["check", folder], { cwd: folder });
  expect(stdout).toMatch(/one\.mjs:2:7: The module cannot be loaded: RangeError: too far/);
  expect(stdout).toMatch(/two\.mjs: The module cannot be loaded: .*gone\.mjs/);
  expect(code).toBe(8);
});

test.each([
  [3, ["check", "nowhere"], /There is nothing at that path/],
  [2, ["chekc"], /Did you mean check/],
  [2, ["check", "--deployment", "nameless"], /name=path/],
  [2, ["runs", "--database", "mysql://root@host/db"], /postgres:/],
  [2, ["worker", "shop"], /MILLRACE_DATABASE_URL/],
  [3, ["runs", "--data", "nowhere"], /There is no database in/],
  [7, ["runs", "--database", "postgres://nobody@127.0.0.1:1/none"], /ECONNREFUSED|reached/],
])("exit %i: millrace %j says why, on stderr alone", async (exit, args, why) => {
  const { code, stdout, stderr } = await millrace(args);
  expect(stderr).toMatch(why);
  expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
});

test("the graph is shown in order, around a name, and as a drawing", async () => {
  const whole = await millrace(["graph", "-f", "shop"]);
  expect(whole.stdout.indexOf("build")).toBeLessThan(whole.stdout.indexOf("report"));
  const around = await millrace(["graph", "report+", "-f", "shop", "--json"]);
  const { pipelines } = JSON.parse(around.stdout) as { pipelines: { pipeline: string }[] };
  expect(pipelines.map(({ pipeline }) => pipeline)).toEqual(["default/report"]);
  const drawing = await millrace(["graph", "raw", "-f", "shop", "--format", "mermaid"]);
  expect(drawing.stdout).toMatch(/^flowchart LR\n/);
  expect(drawing.stdout).toContain('"report"');
});

test("a wait that can never match is a warning: it is shown, and is no problem", async () => {
  const project = path.join(folder, "warned");
  await mkdir(project);
  const core = import.meta.resolve("@millrace/core");
  await writeFile(
    path.join(project, "flow.mjs"),
    `import { daily, pipeline } from ${JSON.stringify(core)};
     const partitions = { date: daily({ start: "2026-01-01" }) };
     export const load = pipeline("load", {}, ({ task }) => task("t", () => 1));
     export const report = pipeline("report", { partitions }, ({ task }) =>
       task("t", { waitFor: { pipeline: load, match: "partition" } }, () => 1));`,
  );
  const shown = await millrace(["check", project]);
  expect(shown.stdout).toContain(
    'Pipeline default/report, task "t": it waits for the run of default/load for its own partition, and the two are never the same',
  );
  expect(shown.stdout).toContain("2 pipelines");
  const { code, stdout } = await millrace(["check", project, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    problems: [],
    warnings: [expect.any(String)],
  });
});

test("a project whose pipelines disagree about a pool is refused", async () => {
  const project = path.join(folder, "pools");
  await mkdir(project);
  const core = import.meta.resolve("@millrace/core");
  await writeFile(
    path.join(project, "flow.mjs"),
    `import { pipeline, pool } from ${JSON.stringify(core)};
     const of = (name, slots) => pipeline(name, {}, ({ task }) =>
       task("t", { pool: pool("db", { slots }) }, () => 1));
     export const one = of("one", 1);
     export const two = of("two", 2);`,
  );
  const { code, stdout } = await millrace(["check", project]);
  expect(stdout).toContain("disagree about pool db: the first says 2 slots and the second 1 slots");
  expect(code).toBe(8);
});

import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { shell } from "@millrace/tasks";
import { expect, expectTypeOf, test } from "vitest";
import { taskContext } from "./task-context.ts";

const node = process.execPath;

test("gives what a command wrote, and tells the log each line as it comes", async () => {
  const context = taskContext();
  const script = "console.log('one'); console.error('two'); process.stdout.write('thr\\u00e9e')";
  const output = await shell(context, [node, "-e", script]);
  expect(output).toEqual({ stdout: "one\nthrée", stderr: "two\n", isCut: false });
  expect(context.lines.toSorted()).toEqual(["one", "thrée", "two"]);
  expect(context.fields[context.lines.indexOf("two")]).toEqual({ stream: "stderr" });
});

test("makes text, lines or JSON of it", async () => {
  const context = taskContext();
  const text = await shell(context, ["printf", "a\nb\n"], { parse: "text" });
  expectTypeOf(text).toEqualTypeOf<string>();
  expect(text).toBe("a\nb");
  expect(await shell(context, ["printf", "a\nb\n"], { parse: "lines" })).toEqual(["a", "b"]);
  expect(await shell(context, ["true"], { parse: "lines" })).toEqual([]);
  expect(await shell(context, ["echo", '{"rows": 3}'], { parse: "json" })).toEqual({ rows: 3 });
  await expect(shell(context, ["echo", "{"], { parse: "json" })).rejects.toThrow("is no JSON");
});

test("lets no argument be read as code", async () => {
  const context = taskContext();
  const evil = "$(touch evil); `id` 'x' \"y\" | cat && false\n*";
  const values = [evil, "", "a b"];
  expect(await shell(context, { parse: "text" })`printf %s,%s,%s ${values}`).toBe(`${evil},,a b`);
  expect(await shell(context, { parse: "text" })`printf %s --name=${evil}`).toBe(`--name=${evil}`);
  const { script } = shell;
  expect(
    await script(context, { parse: "text" })`printf %s ${evil} | cat; printf ,; printf %s ${7}`,
  ).toBe(`${evil},7`);
});

test("refuses in a template what only a shell would understand", () => {
  const context = taskContext();
  for (const run of [
    () => shell(context)`cat a | sort`,
    () => shell(context)`echo "a b"`,
    () => shell(context)`ls *.csv`,
  ]) {
    expect(run).toThrow("shell.script");
  }
  expect(() => shell(context)`cat --files=${["a", "b"]}`).toThrow("a list stands alone");
});

test("fails with the exit code and the last lines", async () => {
  const script = "for (let i = 1; i <= 50; i++) console.error('line', i); process.exitCode = 3";
  const failing = shell(taskContext(), [node, "-e", script]);
  await expect(failing).rejects.toMatchObject({ name: "ShellError", exitCode: 3, signal: null });
  const message = await failing.catch((error: unknown) => String(error));
  expect(message).toMatch(/ended with exit code 3:\nline 31\n[^]*line 50$/);
  await expect(shell.script(taskContext())`false; echo on`).rejects.toThrow("exit code 1");
});

test("says of a command that is not there that it could not be started", async () => {
  const missing = shell(taskContext(), ["no-such-command-here"]);
  await expect(missing).rejects.toThrow("could not be started");
});

test("gives input, a directory and variables, and goes on when input is not read", async () => {
  const context = taskContext();
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-shell-"));
  const options = { cwd: directory, env: { MILL: "race" }, parse: "text" } as const;
  expect(await shell(context, ["cat"], { input: "from here", parse: "text" })).toBe("from here");
  const told = await shell.script(context, options)`echo $MILL; pwd -P`;
  expect(told.split("\n")[0]).toBe("race");
  expect(told).toContain(path.basename(directory));
  await shell(context, ["true"], { input: "x".repeat(1_000_000) });
  await rm(directory, { recursive: true });
});

test("keeps the end of a long output, and parses only a whole one", async () => {
  const script = "process.stdout.write('é'.repeat(100_000) + 'end')";
  const output = await shell(taskContext(), [node, "-e", script], { outputBytesMax: 1_000 });
  expect(output.isCut).toBe(true);
  expect(Buffer.byteLength(output.stdout)).toBeLessThanOrEqual(1_000);
  expect(output.stdout).toMatch(/^é+end$/);
  const parsed = shell(taskContext(), [node, "-e", script], {
    outputBytesMax: 1_000,
    parse: "text",
  });
  await expect(parsed).rejects.toThrow("raise outputBytesMax");
});

test("an abort ends the command and what it started, also when they would not end", async () => {
  const context = taskContext();
  const stubborn = `trap '' TERM; (trap '' TERM; echo child $$; sleep 60) & echo up; wait`;
  const running = shell.script(context)`eval ${stubborn}`;
  await context.told("up");
  await context.told("child");
  const group = Number(/child (\d+)/.exec(context.lines.join("\n"))?.[1]);
  expect(isAlive(group)).toBe(true);
  context.abort(new Error("cancelled by somebody"));
  await expect(running).rejects.toThrow("cancelled by somebody");
  await expect.poll(() => isAlive(group)).toBe(false);
});

test("ends a command that takes longer than its timeout", async () => {
  const late = shell(taskContext(), ["sleep", "60"], { timeout: "100ms" });
  await expect(late).rejects.toThrow("longer than its timeout of 100ms");
  await expect(shell(taskContext(), ["true"], { timeout: "soon" })).rejects.toThrow("no duration");
});

test("starts nothing for an attempt that is over, and waits for nobody who was left behind", async () => {
  const context = taskContext();
  context.abort(new Error("over"));
  await expect(shell(context, ["true"])).rejects.toThrow("over");
  const output = await shell.script(taskContext())`sleep 60 & echo gone`;
  expect(output.stdout).toBe("gone\n");
});

/** Whether anybody of a process group still runs; the dead may await their burial. */
function isAlive(group: number): boolean {
  const all = execFileSync("ps", ["-A", "-o", "pgid=,stat="], { encoding: "utf8" });
  return all
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([id, state]) => id === String(group) && !state?.startsWith("Z"));
}

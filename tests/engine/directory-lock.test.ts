import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockDirectory } from "../../packages/postgres/src/directory-lock.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const LOCK = path.join(ROOT, "packages/postgres/src/directory-lock.ts");

describe("the lock of a directory", () => {
  let home: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "lock-"));
  });
  afterEach(async () => {
    children.splice(0).forEach((child) => child.kill("SIGKILL"));
    await rm(home, { recursive: true, force: true });
  });

  /** A process that holds the lock, and then does what the script says. */
  async function hold(directory: string, then = ""): Promise<number> {
    const script = `import { lockDirectory } from ${JSON.stringify(LOCK)};
      await lockDirectory(${JSON.stringify(directory)});
      process.stdout.write("held"); setInterval(() => {}, 1000); ${then}`;
    const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { cwd: ROOT });
    children.push(child);
    await once(child.stdout, "data");
    return child.pid ?? 0;
  }

  const refusal = async (directory: string): Promise<string> => {
    const error: unknown = await lockDirectory(directory).catch((reason: unknown) => reason);
    expect(MillraceError.is(error, "DIRECTORY_LOCKED")).toBe(true);
    return String(error);
  };

  test("names the process that holds it", async () => {
    const pid = await hold(home);
    expect(await refusal(home)).toContain(`is open in process ${pid}.`);
  });

  test("is one, by whichever of its names the directory is called", async () => {
    const real = path.join(home, "real");
    await mkdir(real);
    await symlink(real, path.join(home, "alias"));
    await hold(path.join(home, "alias"));
    for (const name of [real, path.relative(process.cwd(), real), `${real}/../real/`]) {
      await refusal(name);
    }
  });

  test("holds while its holder is too busy to answer", async () => {
    const busy = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);";
    const pid = await hold(home, busy);
    expect(await refusal(home)).toContain(`is open in process ${pid}.`);
  });

  test("holds while its holder is stopped", async () => {
    const pid = await hold(home);
    process.kill(pid, "SIGSTOP");
    await refusal(home);
    process.kill(pid, "SIGCONT");
  });

  test("is gone with its holder", async () => {
    const pid = await hold(home);
    const [child] = children;
    process.kill(pid, "SIGKILL");
    if (child !== undefined) await once(child, "exit");
    await (await lockDirectory(home)).release();
  });

  test("is got by one of many processes that want it at once", async () => {
    const script = `import { lockDirectory } from ${JSON.stringify(LOCK)};
      process.stdin.once("data", () => lockDirectory(${JSON.stringify(home)}).then(
        () => process.stdout.write("held"), () => process.stdout.write("refused")));
      process.stdout.write("ready");`;
    const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
    const wanting = Array.from({ length: 6 }, () => spawn(process.execPath, args, { cwd: ROOT }));
    children.push(...wanting);
    await Promise.all(wanting.map((child) => once(child.stdout, "data")));
    wanting.forEach((child) => child.stdin.write("go"));
    const said = await Promise.all(wanting.map((child) => once(child.stdout, "data")));
    expect(said.map(String).sort()).toEqual(["held", ...Array<string>(5).fill("refused")]);
  });

  test("works however long the directory's name is", async () => {
    const long = path.join(home, "x".repeat(120));
    const lock = await lockDirectory(long);
    await refusal(long);
    await lock.release();
  });
});

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { definitionOf } from "@millrace/core/internal";
import { MemoryBlobStore, readSettings } from "@millrace/worker";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, type FleetWorker, openFleet } from "./fleet.ts";
import * as flow from "./isolate-flow.ts";

const isolateModules = [path.join(import.meta.dirname, "isolate-flow.ts")];
const pipelines = [
  ...[flow.pidOf, flow.crash, flow.crashOnce, flow.busy, flow.waits, flow.heap, flow.buffers],
  ...[flow.talks, flow.sleeper, flow.refuses],
];

let fleet: Fleet;
let directory: string;

function useFleet(kind: "embedded" | "server"): void {
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "millrace-isolate-"));
    fleet = await openFleet(kind);
    await fleet.register(...pipelines);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(async () => {
    await fleet.close();
    await rm(directory, { recursive: true });
  });
}

async function worker(): Promise<FleetWorker> {
  const settings = await readSettings([definitionOf(flow.talks)], {
    environment: { MILLRACE_VAR_SHOP_CITY: "Paris", MILLRACE_SECRET_SHOP_TOKEN: "t0psecret" },
    readFile: async () => "",
  });
  // A process takes a while to start, and this one shall not lose its lease meanwhile.
  const leaseMs = fleet.url === "" ? null : 30_000;
  return fleet.worker({ isolateModules, settings, leaseMs, blobs: new MemoryBlobStore() });
}

/** A file that a handler writes its process's id to, and that id once it has. */
function pidFile(): { readonly file: string; readonly pid: () => Promise<number> } {
  const file = path.join(directory, String(Math.random()));
  const read = async (): Promise<string> => readFile(file, "utf8").catch(() => "");
  return {
    file,
    async pid() {
      await expect.poll(read, { timeout: 10_000 }).toMatch(/^\d+$/);
      return Number(await read());
    },
  };
}

describe.each(["embedded", "server"] as const)("an isolated task on the %s database", (kind) => {
  useFleet(kind);

  test("runs in a process of its own, with what it needs, and gives its result", async () => {
    await worker();
    const run = await fleet.ended(await fleet.start("pid-of"));
    expect(run).toMatchObject({ state: "succeeded", result: { before: process.pid } });
    const { own } = run.result as { own: number };
    expect(own).not.toBe(process.pid);
    await expect.poll(() => isAlive(own)).toBe(false);
  });

  test("logs, status, steps, blobs, variables and secrets work as elsewhere", async () => {
    const own = await worker();
    const run = await fleet.ended(await fleet.start("shop/talks"));
    expect(run).toMatchObject({
      state: "succeeded",
      result: { once: 4, text: "kept", env: null, missing: expect.stringContaining("_OTHER") },
    });
    const logs = own.events.filter((event) => event.type === "log");
    const told = logs.map(({ message, fields }) => [message, fields]);
    expect(told).toContainEqual(["a line on stdout", { stream: "stdout" }]);
    expect(told).toContainEqual(["the token is ***", { stream: "stderr" }]);
    expect(told).toContainEqual(["by the log", { of: "Paris" }]);
  });

  test("holds no process while it waits, and does no step twice", async () => {
    await worker();
    const run = await fleet.ended(await fleet.start("sleeper"));
    const { first, second } = run.result as { first: number; second: number };
    expect(first).not.toBe(second);
  });
});

describe("an isolated task", () => {
  useFleet("embedded");

  test.each([
    ["exit", "exit code 7"],
    ["abort", "ended by SIGABRT"],
    ["kill", "ended by SIGKILL"],
    ["throw", "nobody caught this"],
  ])("a crash fails the attempt, not the worker: %s", async (by, words) => {
    const own = await worker();
    const run = await fleet.ended(await fleet.start("crash", {}, { by }));
    const [task] = run.tasks;
    expect(task).toMatchObject({ state: "failed", error: { reason: "crashed" } });
    expect(task).toHaveProperty("error.message", expect.stringContaining(words));
    const last = expect.stringContaining("these were its last words");
    expect(task).toHaveProperty("error.message", last);
    expect(await fleet.ended(await fleet.start("pid-of"))).toMatchObject({ state: "succeeded" });
    expect(own.runningCount()).toBe(0);
  });

  test("a crash is tried again as retries say", async () => {
    await worker();
    const run = await fleet.ended(await fleet.start("crash-once"));
    expect(run).toMatchObject({ state: "succeeded", result: 2 });
  });

  test("a handler that is too busy to hear its signal is killed at its timeout", async () => {
    await worker();
    const { file, pid } = pidFile();
    const runId = await fleet.start("busy", {}, { file });
    const own = await pid();
    const run = await fleet.ended(runId);
    expect(run.tasks[0]).toMatchObject({ state: "failed", error: { reason: "timeout" } });
    expect(isAlive(own)).toBe(false);
  });

  test("a cancel reaches the handler, and what it started ends with it", async () => {
    const { seen } = await worker();
    const { file, pid } = pidFile();
    const runId = await fleet.start("waits", {}, { file });
    const own = await pid();
    expect(groupOf(own)).toHaveLength(2);
    await fleet.store.cancelRun(runId);
    expect(await fleet.ended(runId)).toMatchObject({ state: "cancelled" });
    await seen("log", ({ message }) => message === "told: its run was cancelled");
    await expect.poll(() => groupOf(own)).toEqual([]);
  });

  test("a worker that shuts down hands it back, and leaves no process", async () => {
    await worker();
    const { file, pid } = pidFile();
    const runId = await fleet.start("waits", {}, { file });
    const own = await pid();
    await fleet.drain();
    await expect.poll(() => groupOf(own)).toEqual([]);
    await fleet.store.cancelRun(runId);
  });

  test("what kills its process from outside fails the attempt", async () => {
    await worker();
    const { file, pid } = pidFile();
    const runId = await fleet.start("waits", {}, { file });
    process.kill(await pid(), "SIGKILL");
    const run = await fleet.ended(runId);
    expect(run.tasks[0]).toMatchObject({ state: "failed", error: { reason: "crashed" } });
  });

  test.each(["heap", ...(process.platform === "linux" ? ["buffers"] : [])])(
    "more memory than it may use fails the attempt: %s",
    async (name) => {
      await worker();
      const run = await fleet.ended(await fleet.start(name));
      expect(run.tasks[0]).toMatchObject({ error: { reason: "crashed", name: "OutOfMemory" } });
      const words = expect.stringMatching(
        /64 MiB; raise memory of isolate, or let it hold less at once$/u,
      );
      expect(run.tasks[0]).toHaveProperty("error.message", words);
    },
    30_000,
  );

  test("an error that asks for no further attempt gets none", async () => {
    await worker();
    const run = await fleet.ended(await fleet.start("refuses"));
    expect(run.tasks[0]).toMatchObject({ attempt: 1, error: { message: "not today" } });
  });

  test("a worker that was not told the files says so", async () => {
    await fleet.worker();
    const run = await fleet.ended(await fleet.start("refuses"));
    const words = expect.stringContaining("isolateModules");
    expect(run.tasks[0]).toHaveProperty("error.message", words);
  });
});

function isAlive(pid: number): boolean {
  return processes().some((each) => each.pid === pid);
}

/** Ids of the processes of a group, the dead apart. */
function groupOf(group: number): readonly number[] {
  return processes().flatMap((each) => (each.group === group ? [each.pid] : []));
}

function processes(): readonly { readonly pid: number; readonly group: number }[] {
  const all = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" });
  return all.split("\n").flatMap((line) => {
    const [pid, group, state = "Z"] = line.trim().split(/\s+/);
    return state.startsWith("Z") ? [] : [{ pid: Number(pid), group: Number(group) }];
  });
}

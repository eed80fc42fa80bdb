import { randomUUID } from "node:crypto";
import { type PipelineSpec, present, versionOf } from "@millrace/core/internal";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const MISSING_MS = 60_000;
const TASKS = [taskSpec("a"), taskSpec("b", { needs: after("a") })];
const flow = (part: Partial<PipelineSpec> = {}) => pipelineSpec("flow", TASKS, part);

describe.each(["embedded", "server"] as const)("versions without a worker, %s", (kind) => {
  let engine: Engine;
  let seconds = 0;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.setNow("2026-03-01T00:00:00Z");
  }, 60_000);
  afterAll(() => engine.close());
  afterEach(async () => {
    await engine.rows("delete from millrace.worker where host = 'other'");
    await sweep();
  });

  const pass = async (more: number): Promise<void> => {
    seconds += more;
    await engine.setNow(new Date(Date.UTC(2026, 2, 1) + seconds * 1_000).toISOString());
  };
  const sweep = async (): Promise<number> =>
    (await engine.store.settleStranded(MISSING_MS, 100)).settled;
  const sweepLate = async (): Promise<number> => {
    expect(await sweep()).toBe(0);
    await pass(40);
    expect(await sweep()).toBe(0);
    await pass(40);
    return sweep();
  };
  const runOf = async (runId: number) => {
    const [row] = await engine.rows<Record<string, unknown>>(
      `select r.state, r.reason, r.unmoved_reason, r.build, r.pinned_build, v.version
       from millrace.run r join millrace.pipeline_version v on v.id = r.version_id
       where r.id = ${runId}`,
    );
    return present(row);
  };
  /** A worker in another process, which has code for these. */
  const open = async (versions: readonly string[], build: string | null = null) => {
    const sessionId = randomUUID();
    const channels = versions.map((version) => ({ queue: "default", version }));
    const process = { host: "other", pid: 2, slots: 1, leaseMs: 86_400_000_000 };
    await engine.store.open({ ...process, sessionId, channels, build });
    return { sessionId, channels };
  };
  const cancelAll = async (): Promise<void> => {
    const rows = await engine.rows<{ id: number }>(
      "select id from millrace.run where ended_at is null",
    );
    for (const { id } of rows) await engine.store.cancelRun(id);
  };

  test("by default a run waits, however long", async () => {
    await engine.register(flow());
    const runId = await engine.start("flow");
    expect(await sweepLate()).toBe(0);
    expect(await runOf(runId)).toMatchObject({ state: "running" });
    await cancelAll();
  });

  test("a run fails when its pipeline says so, and says what it missed", async () => {
    const spec = flow({ onMissingVersion: "fail" });
    await engine.register(spec);
    const runId = await engine.start("flow");
    expect(await sweepLate()).toBe(1);
    expect(await runOf(runId)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining(`no live worker has version ${versionOf(spec)}`),
    });
  });

  test("a worker that comes back in time saves it, and the time begins anew", async () => {
    const spec = flow({ onMissingVersion: "fail" });
    await engine.register(spec);
    await engine.start("flow");
    expect(await sweep()).toBe(0);
    const { sessionId } = await open([versionOf(spec)]);
    await pass(40);
    expect(await sweep()).toBe(0);
    await engine.store.close(sessionId);
    expect(await sweepLate()).toBe(1);
  });

  test("a time in which nobody looked does not count", async () => {
    await engine.register(flow({ onMissingVersion: "fail" }));
    await engine.start("flow");
    expect(await sweep()).toBe(0);
    await pass(3_600);
    expect(await sweepLate()).toBe(1);
  });

  test("a run moves to the present version where what it has begun is the same", async () => {
    const old = flow({ onMissingVersion: "latest" });
    await engine.register(old);
    const runId = await engine.start("flow");
    const [a] = await engine.claim();
    await engine.finish(present(a));
    const later = { ...old, tasks: [...TASKS, taskSpec("c", { needs: after("b") })] };
    await engine.register(later);
    await open([versionOf(later)]);
    expect(await sweepLate()).toBe(1);
    expect(await runOf(runId)).toMatchObject({ version: versionOf(later), state: "running" });
    const done = await engine.settle();
    expect(done.map(({ task, version }) => [task, version])).toEqual([
      ["b", versionOf(later)],
      ["c", versionOf(later)],
    ]);
    expect(await runOf(runId)).toMatchObject({ state: "succeeded" });
  });

  test("a run that cannot move waits, and says why", async () => {
    const old = flow({ onMissingVersion: "latest" });
    await engine.register(old);
    const runId = await engine.start("flow");
    const later = { ...old, tasks: [taskSpec("new"), ...TASKS] };
    await engine.register(later);
    expect(await sweepLate()).toBe(0);
    expect(await runOf(runId)).toMatchObject({
      state: "running",
      version: versionOf(old),
      unmoved_reason: "task a, which has begun, stands at another place in it",
    });
    await cancelAll();
  });

  test("a deploy in its midst leaves a run what it is, for workers that have its code", async () => {
    const old = flow();
    const later = flow({ tasks: [taskSpec("a"), taskSpec("c", { needs: after("a") })] });
    await engine.register(old);
    const first = await engine.start("flow");
    await engine.finish(present((await engine.claim())[0]));
    await engine.register(later);
    const second = await engine.start("flow");
    const withLater = await open([versionOf(later)]);
    const claimed = await engine.store.claimNext(withLater.sessionId, withLater.channels, 10);
    expect(claimed.map(({ runId, task }) => [runId, task])).toEqual([[second, "a"]]);
    const withOld = await open([versionOf(old)]);
    const [mine, ...others] = await engine.store.claimNext(withOld.sessionId, withOld.channels, 10);
    expect([mine, ...others]).toMatchObject([{ runId: first, task: "b", version: versionOf(old) }]);
    await engine.finish(present(mine));
    expect(await runOf(first)).toMatchObject({ state: "succeeded", version: versionOf(old) });
    await engine.finish(present(claimed[0]));
    const done = await engine.settle();
    expect(done.map(({ task, version }) => [task, version])).toEqual([["c", versionOf(later)]]);
  });

  test("a pinned run is claimed by workers of its build only, and attempts record theirs", async () => {
    const spec = flow({ pin: "build" });
    const version = versionOf(spec);
    const deploy = (build: number) =>
      engine.store.register({ name: "test", build, pipelines: [spec] });
    await deploy(1);
    const first = await engine.start("flow");
    await deploy(2);
    const second = await engine.start("flow");
    const one = await open([version, `${version}@1`], "1");
    const two = await open([version, `${version}@2`], "2");
    const claimed = await engine.store.claimNext(two.sessionId, two.channels, 10);
    expect(claimed.map(({ runId, version: of }) => [runId, of])).toEqual([[second, version]]);
    const [mine] = await engine.store.claimNext(one.sessionId, one.channels, 10);
    expect(mine).toMatchObject({ runId: first });
    const rows = await engine.rows<{ build: string }>(
      `select build from millrace.task_run where run_id in (${first}, ${second}) order by run_id`,
    );
    expect(rows).toEqual([{ build: "1" }, { build: "2" }]);
    await engine.finish(present(mine));
    expect(await engine.store.claimNext(two.sessionId, two.channels, 10)).toEqual([]);
    expect(await engine.store.claimNext(one.sessionId, one.channels, 10)).toHaveLength(1);
    expect(await runOf(first)).toMatchObject({ build: "1", pinned_build: "1" });
    await cancelAll();
  });

  test("a pinned run without its build moves to the build that is deployed", async () => {
    const spec = flow({ pin: "build", onMissingVersion: "latest" });
    const deploy = (build: number) =>
      engine.store.register({ name: "test", build, pipelines: [spec] });
    await deploy(3);
    const runId = await engine.start("flow");
    expect(await sweepLate()).toBe(0);
    await deploy(4);
    expect(await sweep()).toBe(1);
    expect(await runOf(runId)).toMatchObject({ pinned_build: "4" });
    const now = await open([`${versionOf(spec)}@4`], "4");
    expect(await engine.store.claimNext(now.sessionId, now.channels, 10)).toHaveLength(1);
  });
});

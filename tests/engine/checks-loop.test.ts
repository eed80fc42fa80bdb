import type {
  Asker,
  CheckGroup,
  CheckStore,
  CheckWait,
  DecideCheck,
} from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { createStore } from "@millrace/postgres";
import {
  CHECKER_DEFAULTS,
  type Clock,
  FollowUps,
  InProcessBellQueue,
  startChecker,
  systemClock,
} from "@millrace/worker";
import type { WorkerEvent } from "@millrace/worker";
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from "kysely";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { asking, NOTHING, waitingRoom } from "./waiting-room.ts";

const MINUTE = 60_000;
const waiting = (target: string): CheckWait => ({
  kind: "check",
  check: { kind: "board", target },
  everyMs: MINUTE,
  backoff: { type: "constant" },
  timeoutMs: null,
});

/** What the loop waits for passes a hundred times as fast; what is due, only the test decides. */
const SPEED = 100;
const clock: Clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
};

/** An outside system: a board on which targets are ready, or cannot be asked at all. */
class Board implements Asker<boolean> {
  readonly asked: { readonly target: string; readonly checks: number }[] = [];
  readonly ready = new Set<string>();
  readonly broken = new Set<string>();
  readonly silent = new Set<string>();

  async ask({ target, checks }: CheckGroup): Promise<readonly boolean[]> {
    this.asked.push({ target, checks: checks.length });
    if (this.silent.has(target)) return new Promise(() => {});
    if (this.broken.has(target)) throw new Error("connection refused");
    return checks.map(() => this.ready.has(target));
  }

  of(target: string): readonly number[] {
    return this.asked.filter((each) => each.target === target).map(({ checks }) => checks);
  }
}

/** Hears of every statement of the store, but for those that only ask when the next is due. */
class Statements implements KyselyPlugin {
  #texts: string[] = [];

  transformQuery({ node }: PluginTransformQueryArgs) {
    if (node.kind === "RawNode") this.#texts.push(node.sqlFragments.join("?"));
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    return result;
  }

  /** Those since the last time. */
  take(): readonly string[] {
    const texts = this.#texts.filter((text) => !text.includes("min(greatest("));
    this.#texts = [];
    return texts;
  }
}

const decide: DecideCheck<boolean> = (check, isReady, { now }) =>
  isReady
    ? { type: "done", value: "ready" }
    : { type: "again", at: now + check.wait.everyMs, state: null, seen: "not ready" };

describe.each(["embedded", "server"] as const)("asking on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(
      pipelineSpec("watch", [taskSpec("ask")], { result: "ask" }),
      pipelineSpec(
        "many",
        [
          taskSpec("list"),
          taskSpec("each", {
            kind: "map",
            needs: { list: { task: "list", path: [] } },
            over: { task: "list", path: [] },
          }),
        ],
        { maxParallelTasks: 10_000 },
      ),
    );
    await pass(0);
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, result, runRow, leaks, count } = waitingRoom(() => engine);
  const watch = (target: string) => ({ ask: asking({ name: "check 1", wait: waiting(target) }) });

  function startAsking(board: Board, checks: CheckStore = engine.store) {
    const events: WorkerEvent[] = [];
    const checker = startChecker(
      {
        checks,
        asker: board,
        decide,
        followUps: { follow: () => {} },
        clock,
        observe: (event) => void events.push(event),
      },
      CHECKER_DEFAULTS,
    );
    return { events, stop: () => checker.stop() };
  }

  /** Until what was asked is recorded: its target is then left alone for longer than any lease. */
  const isRecorded = () =>
    vi.waitFor(
      async () => expect(await engine.store.nextCheckInMs()).toBeGreaterThan(45_000),
      20_000,
    );

  test("a sensor goes on when what it waits for comes true", async () => {
    const board = new Board();
    const run = await engine.start("watch");
    await engine.settle(watch("a"));
    const checker = startAsking(board);
    await vi.waitFor(() => expect(board.of("a")).toEqual([1]), 5_000);
    await vi.waitFor(async () =>
      expect(await engine.store.nextCheckInMs()).toBeGreaterThan(45_000),
    );
    board.ready.add("a");
    await moveClock(MINUTE + 5_000);
    await vi.waitFor(async () => expect(await count("millrace.wake")).toBe(1), 5_000);
    expect(board.of("a")).toEqual([1, 1]);
    await engine.settle(watch("a"));
    expect(await result(run)).toEqual([{ state: "done", value: "ready" }]);
    expect(await leaks()).toEqual(NOTHING);
    expect(checker.events).toEqual([]);
    await checker.stop();
  });

  test("a target that fails or is silent is told of, and holds up no other", async () => {
    const board = new Board();
    board.broken.add("broken");
    board.silent.add("silent");
    const runs = [];
    for (const target of ["broken", "silent", "fine"]) {
      runs.push(await engine.start("watch"));
      await engine.settle(watch(target));
    }
    const checker = startAsking(board);
    await vi.waitFor(() => expect(checker.events).toHaveLength(2), 5_000);
    const words = checker.events.map((event) =>
      event.type === "problem" ? `${event.where}: ${String(event.error)}` : event.type,
    );
    expect(words.toSorted()).toEqual([
      "ask board at broken: Error: connection refused",
      "ask board at silent: Error: it did not answer within 20000 ms",
    ]);
    expect(board.of("fine")).toEqual([1]);
    await checker.stop();
    const failing = await engine.rows<object>(
      "select target, failures from millrace.check_target where failures > 0 order by target",
    );
    expect(failing).toEqual([
      { target: "broken", failures: 1 },
      { target: "silent", failures: 1 },
    ]);
    for (const run of runs) await engine.store.cancelRun(run);
    await engine.settle();
    expect(await count("millrace.check_due")).toBe(0);
  });

  test("who stops while it asks gives the target to others at once", async () => {
    const board = new Board();
    board.silent.add("left");
    const run = await engine.start("watch");
    await engine.settle(watch("left"));
    const first = startAsking(board);
    await vi.waitFor(() => expect(board.of("left")).toEqual([1]), 5_000);
    await first.stop();
    expect(await engine.store.nextCheckInMs()).toBe(0);
    board.silent.clear();
    board.ready.add("left");
    const second = startAsking(board);
    await vi.waitFor(async () => expect(await count("millrace.wake")).toBe(1), 5_000);
    await second.stop();
    await engine.settle(watch("left"));
    expect(await result(run)).toEqual([{ state: "done", value: "ready" }]);
    expect(first.events).toEqual([]);
  });

  test("what this process commits is asked at once, and not at the next look around", async () => {
    const board = new Board();
    board.ready.add("soon");
    // Nobody looks around: only who is woken goes on.
    const still: Clock = {
      ...systemClock,
      sleep: (ms, signal) =>
        ms <= 20 || signal?.aborted === true
          ? systemClock.sleep(ms, signal)
          : new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    };
    let rounds = 0;
    const checks = {
      ...engine.store,
      nextCheckInMs: () => ((rounds += 1), engine.store.nextCheckInMs()),
    };
    const idle = { follow: () => {} };
    const observe = (): void => {};
    const checker = startChecker(
      { checks, asker: board, decide, followUps: idle, clock: still, observe },
      CHECKER_DEFAULTS,
    );
    await vi.waitFor(() => expect(rounds).toBe(1), 5_000);
    const followUps = new FollowUps({
      queue: new InProcessBellQueue({ onError: () => {} }),
      triggers: engine.store,
      clock: systemClock,
      observe,
      wakeChecks: () => checker.wake(),
    });
    const run = await engine.start("watch");
    const [task] = await engine.claim();
    const { taskRunId, attempt, runId } = present(task);
    const outcome = watch("soon").ask(present(task));
    const item = { taskRunId, attempt, runId, outcome, u: 0.5 };
    followUps.follow(await engine.store.finish([item]));
    await vi.waitFor(() => expect(board.of("soon")).toEqual([1]), 5_000);
    await vi.waitFor(async () => expect(await count("millrace.wake")).toBe(1), 5_000);
    await checker.stop();
    await engine.settle(watch("soon"));
    expect(await result(run)).toEqual([{ state: "done", value: "ready" }]);
  });

  /** Of an interval: as many for five thousand sensors as for one. */
  const STATEMENTS_MAX = 10;
  const SENSORS = kind === "server" ? 5_000 : 500;
  test(`${SENSORS} sensors of one target hold nothing, and cost one ask an interval`, async () => {
    const board = new Board();
    const each = asking({ name: "check 1", wait: waiting("shared") });
    const list = () => ok(Array.from({ length: SENSORS }, (_, index) => index));
    const run = await engine.start("many");
    await engine.settle({ list, each });
    expect(await count("millrace.check_due")).toBe(SENSORS);
    expect(await count("millrace.running")).toBe(0);
    expect(await count("millrace.ready")).toBe(0);
    const statements = new Statements();
    const { database } = engine;
    const counted = { ...database, db: database.db.withPlugin(statements) };
    const checker = startAsking(board, createStore(counted));
    await vi.waitFor(() => expect(board.of("shared")).toEqual([SENSORS]), 20_000);
    await isRecorded();
    statements.take();
    for (let interval = 1; interval <= 3; interval++) {
      await moveClock(MINUTE + 5_000);
      await vi.waitFor(() => expect(board.asked).toHaveLength(interval + 1), 20_000);
      await isRecorded();
      const texts = statements.take();
      expect(texts.filter((text) => text.includes("update millrace.check_due"))).toHaveLength(1);
      // To take a target, to load what waits for it, and to record what came of it.
      expect(texts.length, texts.join("\n")).toBeLessThanOrEqual(STATEMENTS_MAX);
    }
    expect(board.of("shared")).toEqual(Array.from({ length: 4 }, () => SENSORS));
    expect(await count("millrace.wake")).toBe(0);
    board.ready.add("shared");
    await moveClock(MINUTE + 5_000);
    await vi.waitFor(async () => expect(await count("millrace.wake")).toBe(SENSORS), 20_000);
    await checker.stop();
    await engine.settle({ each });
    expect((await runRow(run)).state).toBe("succeeded");
    expect(await count("millrace.check_due")).toBe(0);
    expect(await leaks()).toEqual(NOTHING);
  }, 180_000);
});

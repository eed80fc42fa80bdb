import { type AttemptOutcome, type ClaimedTask, present } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, type Handlers, ok, startEngine } from "./engine.ts";
import { DAY, pipelineSpec, taskSpec } from "./specs.ts";
import {
  asking,
  eventNamed,
  forEvent,
  forPipeline,
  NOTHING,
  sleep,
  suspended,
  waitingRoom,
} from "./waiting-room.ts";

describe.each(["embedded", "server"] as const)("waits on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    const one = taskSpec("ask");
    await engine.register(
      pipelineSpec("asker", [one], { result: "ask" }),
      pipelineSpec("pair", [one, taskSpec("hold")]),
      pipelineSpec("other", [taskSpec("do")], { result: "do" }),
      pipelineSpec("daily", [taskSpec("do")], { result: "do", partitions: DAY }),
      pipelineSpec("daily-asker", [one], { result: "ask", partitions: DAY }),
      pipelineSpec("retrying", [
        taskSpec("ask", {
          retries: { limit: 1, backoff: "fixed", delayMs: 60_000, maxMs: 60_000, jitter: false },
        }),
      ]),
    );
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, moveClock, publish, runRow, result, count, leaks } = waitingRoom(() => engine);

  describe("sleeps", () => {
    test("a task that sleeps holds nothing, and goes on when the time is up", async () => {
      const ask = asking({ name: "sleep 1", wait: sleep(60_000) });
      const run = await engine.start("asker");
      await pass(0, { ask });
      expect(await count("millrace.running")).toBe(0);
      expect(await count("millrace.ready")).toBe(0);
      expect(await pass(59_000, { ask })).toEqual([]);
      await pass(1_000, { ask });
      expect(await runRow(run)).toMatchObject({ state: "succeeded", result: [null] });
      expect(await leaks()).toEqual(NOTHING);
    });

    test("one until an instant that is past goes on at once", async () => {
      const ask = asking({ name: "s", wait: { kind: "sleep", until: 5, afterMs: 0 } });
      const run = await engine.start("asker");
      await pass(0, { ask });
      await pass(0, { ask });
      expect((await runRow(run)).state).toBe("succeeded");
    });

    test("one for longer than a century harms nobody", async () => {
      const ask = asking({ name: "s", wait: sleep(Number.MAX_VALUE) });
      const run = await engine.start("asker");
      await pass(0, { ask });
      expect((await runRow(run)).state).toBe("running");
      await engine.store.cancelRun(run);
      await engine.settle();
      expect(await leaks()).toEqual(NOTHING);
    });

    test("answers that come together wake the task once", async () => {
      const ask = asking({ name: "a", wait: sleep(1_000) }, { name: "b", wait: sleep(1_000) });
      await engine.start("asker");
      expect(await pass(0, { ask })).toHaveLength(1);
      expect(await pass(1_000, { ask })).toHaveLength(1);
      expect(await leaks()).toEqual(NOTHING);
    });
  });

  describe("events", () => {
    const ask = asking({ name: "event 1", wait: forEvent("ticket.closed") });

    test("one that comes later answers the wait, and only that", async () => {
      const run = await engine.start("asker");
      await pass(0, { ask });
      await publish("ticket.opened");
      expect(await engine.settle({ ask })).toEqual([]);
      const { ids } = await publish("ticket.closed", { n: 1 });
      await engine.settle({ ask });
      expect(await result(run)).toEqual([{ id: ids[0], name: "ticket.closed", data: { n: 1 } }]);
      expect(await leaks()).toEqual(NOTHING);
    });

    test("one that came since the run began is not missed, and one before it does not count", async () => {
      await publish("ticket.closed", { n: "before" });
      await engine.settle();
      await pass(10);
      const run = await engine.start("asker");
      await publish("ticket.closed", { n: "early" });
      await publish("ticket.closed", { n: "later" });
      await engine.settle({ ask });
      expect(await result(run)).toMatchObject([{ data: { n: "early" } }]);
    });

    test("no look back is no answer, and a longer one finds what was before the run", async () => {
      await publish("seldom", { n: 1 });
      await pass(1_000);
      const none = asking({ name: "e", wait: forEvent("seldom", { lookBackMs: 0 }) });
      const far = asking({ name: "e", wait: forEvent("seldom", { lookBackMs: 1_000 }) });
      const first = await engine.start("asker");
      await engine.settle({ ask: none });
      expect((await runRow(first)).state).toBe("running");
      const second = await engine.start("asker");
      await engine.settle({ ask: far });
      expect(await result(second)).toMatchObject([{ data: { n: 1 } }]);
      await engine.store.cancelRun(first);
    });

    test("a filter decides, beyond a page of others", async () => {
      const where = { path: ["data", "n"], op: "eq", value: 450 } as const;
      const of = [eventNamed("busy", { where }), eventNamed("never")];
      const filtered = asking({ name: "e", wait: forEvent("busy", { of }) });
      const run = await engine.start("asker");
      const items = Array.from({ length: 500 }, (_, n) => ({
        name: "busy",
        data: { n },
        source: { type: "api", key: "test" },
        idempotencyKey: null,
        correlationId: null,
      }));
      await engine.store.recordEvents(items);
      await engine.settle({ ask: filtered });
      expect(await result(run)).toMatchObject([{ data: { n: 450 } }]);
    });

    test.each(["order.*", "{order,bill}.paid", "**.paid"])(
      "the pattern %s hears live and looking back",
      async (name) => {
        const of = [eventNamed(name, { isPattern: true })];
        const heard = asking({ name: "e", wait: forEvent(name, { of }) });
        const live = await engine.start("asker");
        await pass(0, { ask: heard });
        expect((await runRow(live)).state).toBe("running");
        await pass(10);
        await publish("order.paid", { n: 1 });
        await engine.settle({ ask: heard });
        expect(await result(live)).toMatchObject([{ name: "order.paid" }]);
        await pass(10);
        const late = await engine.start("asker");
        await publish("orders.paid.twice", { n: 2 });
        await publish("order.paid", { n: 3 });
        await engine.settle({ ask: heard });
        expect(await result(late)).toMatchObject([{ data: { n: 3 } }]);
        await pass(10);
      },
    );

    test("an event of another namespace is not heard", async () => {
      const run = await engine.start("asker");
      await publish("ticket.closed", { n: "theirs" }, "sales");
      await engine.settle({ ask });
      await publish("ticket.closed", { n: "theirs" }, "sales");
      await engine.settle({ ask });
      expect((await runRow(run)).state).toBe("running");
      await publish("ticket.closed", { n: "ours" }, "default");
      await engine.settle({ ask });
      expect(await result(run)).toMatchObject([{ data: { n: "ours" } }]);
    });

    test("one event answers one wait of a task: the next wait is for the next event", async () => {
      await pass(10);
      const one = { name: "event 1", wait: forEvent("message") };
      const two = { name: "event 2", wait: forEvent("message") };
      const loop = (task: ClaimedTask): AttemptOutcome => {
        const first = asking(one)(task);
        return first.type === "succeeded" ? asking(one, two)(task) : first;
      };
      const run = await engine.start("asker");
      await publish("message", { n: 1 });
      await engine.settle({ ask: loop });
      expect((await runRow(run)).state).toBe("running");
      await publish("message", { n: 2 });
      await engine.settle({ ask: loop });
      expect(await result(run)).toMatchObject([{ data: { n: 1 } }, { data: { n: 2 } }]);
    });

    test("the time is up without one: the answer is null", async () => {
      const wait = forEvent("never", { timeoutMs: 5_000 });
      const run = await engine.start("asker");
      await pass(0, { ask: asking({ name: "e", wait }) });
      await pass(5_000, { ask: asking({ name: "e", wait }) });
      expect(await result(run)).toEqual([null]);
      expect(await leaks()).toEqual(NOTHING);
    });

    test("an event that came before the time was up wins, though nobody had looked yet", async () => {
      const wait = forEvent("just", { timeoutMs: 5_000 });
      const run = await engine.start("asker");
      await pass(0, { ask: asking({ name: "e", wait }) });
      await publish("just", 1);
      await moveClock(5_000);
      const { facts } = await engine.store.fireDue(100);
      await engine.store.evaluate(facts);
      await engine.settle({ ask: asking({ name: "e", wait }) });
      expect(await result(run)).toMatchObject([{ name: "just" }]);
    });

    test("an answer that comes while the attempt runs is there when it suspends", async () => {
      const one = { name: "e", wait: forEvent("during") };
      const two = { name: "s", wait: sleep(1_000) };
      const run = await engine.start("asker");
      // Both are asked for; the sleep ends first, and the next attempt is under way.
      await pass(0, { ask: () => suspended(one, two) });
      await moveClock(1_000);
      await engine.store.evaluate((await engine.store.fireDue(100)).facts);
      const [task] = await engine.claim();
      expect(present(task).journal).toMatchObject([
        { name: "s", state: "done" },
        { name: "e", state: "waiting" },
      ]);
      const { facts } = await publish("during", 1);
      const told = await engine.store.evaluate(facts);
      await engine.store.evaluate(told.facts);
      await engine.finish(present(task), { type: "suspended", waits: [], blockedOn: ["e"] });
      const again = await engine.settle({ ask: asking(one, two) });
      expect(again.map(({ attempt }) => attempt)).toEqual([3]);
      expect(await result(run)).toMatchObject([{ name: "during" }, null]);
    });

    test("a process that dies between the commit and the look back delays, and loses nothing", async () => {
      const run = await engine.start("asker");
      await publish("ticket.closed", { n: "kept" });
      await engine.store.evaluate(await engine.store.listPending(0, 100));
      const [task] = await engine.claim();
      // Whoever finished it did not follow what was left to do.
      await engine.finish(present(task), ask(present(task)));
      expect(await engine.claim()).toEqual([]);
      expect(await engine.store.listPending(0, 100)).toHaveLength(1);
      await engine.settle({ ask });
      expect(await result(run)).toMatchObject([{ data: { n: "kept" } }]);
    });

    test("the same wake, told twice, answers once", async () => {
      await pass(10);
      const run = await engine.start("asker");
      await engine.settle({ ask });
      await publish("ticket.closed", { n: 1 });
      const facts = await engine.store.listPending(0, 100);
      const first = await engine.store.evaluate(facts);
      const answers = [
        await engine.store.evaluate(first.facts),
        await engine.store.evaluate(first.facts),
      ];
      expect(answers.flatMap(({ bells }) => bells)).toHaveLength(1);
      await engine.settle({ ask });
      expect((await runRow(run)).state).toBe("succeeded");
    });
  });

  describe("attempts", () => {
    test("a task that is tried again keeps its journal, and an answer does not hurry it", async () => {
      const one = { name: "e", wait: forEvent("hurry") };
      const run = await engine.start("retrying");
      await pass(0, { ask: () => suspended(one, { name: "s", wait: sleep(1_000) }) });
      await pass(1_000, { ask: () => failed() });
      await pass(10);
      await publish("hurry", 1);
      expect(await engine.settle({ ask: asking(one) })).toEqual([]);
      const [task] = await pass(60_000, { ask: asking(one) });
      expect(present(task).journal.map(({ name }) => name)).toEqual(["s", "e"]);
      expect((await runRow(run)).state).toBe("succeeded");
    });

    test("waits that its end leaves open are closed", async () => {
      const run = await engine.start("asker");
      const race = [{ name: "e", wait: forEvent("late", { timeoutMs: 9_000 }) }] as const;
      await pass(0, { ask: () => suspended(...race, { name: "s", wait: sleep(10) }) });
      await pass(10, { ask: () => ok("done") });
      expect(await result(run)).toBe("done");
      expect(await leaks()).toEqual(NOTHING);
      expect(await count(`millrace.step where run_id = ${run} and state = 'closed'`)).toBe(1);
    });

    test("two waits of one name are one, and harm nobody else's end", async () => {
      const run = await engine.start("asker");
      const twice = { name: "s", wait: sleep(10) };
      await pass(0, { ask: () => suspended(twice, twice) });
      await pass(10, { ask: asking(twice) });
      expect(await result(run)).toEqual([null]);
    });

    test("a wake whose wait is gone is taken away", async () => {
      await engine.rows("insert into millrace.wake (step_id) values (999999)");
      await engine.settle();
      expect(await leaks()).toEqual(NOTHING);
    });

    test("an attempt that waits for what it never asked for fails instead of hanging", async () => {
      const run = await engine.start("asker");
      await pass(0, { ask: () => ({ type: "suspended", waits: [], blockedOn: ["ghost"] }) });
      expect(await runRow(run)).toMatchObject({ state: "failed" });
      const [row] = await engine.rows<{ reason: string }>(
        `select reason from millrace.task_run where run_id = ${run}`,
      );
      expect(row?.reason).toBe("steps_changed");
    });

    test("and leaves nothing of what it did ask for, while the rest of its run goes on", async () => {
      await engine.start("pair");
      const [ask, hold] = await engine.claim();
      const asked = { waits: [{ name: "s", wait: sleep(10) }], blockedOn: ["ghost"] };
      await engine.finish(present(ask), { type: "suspended", ...asked });
      expect(await leaks()).toEqual(NOTHING);
      await engine.finish(present(hold));
      await engine.settle();
    });
  });

  describe("runs", () => {
    const end = (outcome: AttemptOutcome): Handlers => ({ do: () => outcome });

    test.each([
      ["succeeded", ok("r"), { result: "r", reason: null }],
      ["failed", failed(), { result: null, reason: "failed: do" }],
    ] as const)("one that %s answers who waits for it", async (state, outcome, rest) => {
      const other = await engine.start("other");
      const run = await engine.start("asker");
      const [task] = (await engine.claim()).filter(({ runId }) => runId === other);
      const ask = asking({ name: "r", wait: { kind: "run", runId: other, timeoutMs: null } });
      // The asker is claimed as well: it is finished by hand.
      const [own] = await engine.rows<{ id: number }>(
        `select id from millrace.task_run where run_id = ${run}`,
      );
      const item = { taskRunId: present(own).id, runId: run, attempt: 1, u: 0 };
      const wait = { name: "r", wait: { kind: "run", runId: other, timeoutMs: null } } as const;
      await engine.store.finish([{ ...item, outcome: suspended(wait) }]);
      await engine.settle({ ask });
      await engine.finish(present(task), outcome);
      await engine.settle({ ask });
      expect(await result(run)).toEqual([{ runId: other, state, ...rest }]);
      expect(await leaks()).toEqual(NOTHING);
    });

    test("one that ended long ago answers at once, and one that never was is missing", async () => {
      const other = await engine.start("other");
      await engine.settle(end(ok(1)));
      const ask = asking(
        { name: "a", wait: { kind: "run", runId: other, timeoutMs: null } },
        { name: "b", wait: { kind: "run", runId: 999_999, timeoutMs: null } },
      );
      const run = await engine.start("asker");
      await engine.settle({ ask });
      expect(await result(run)).toMatchObject([
        { runId: other, state: "succeeded", result: 1 },
        { runId: 999_999, state: "missing", reason: "there is no run run_999999" },
      ]);
    });

    test("one that does not end in time is let alone", async () => {
      const other = await engine.start("other");
      const [task] = await engine.claim();
      const ask = asking({ name: "r", wait: { kind: "run", runId: other, timeoutMs: 1_000 } });
      const run = await engine.start("asker");
      await pass(0, { ask });
      await pass(1_000, { ask });
      expect(await result(run)).toMatchObject([{ runId: other, state: "timed_out" }]);
      await engine.finish(present(task), ok());
      await engine.settle();
      expect((await runRow(other)).state).toBe("succeeded");
      expect(await leaks()).toEqual(NOTHING);
    });

    test("without a run that is meant, who does not wait for one hears that it is missing", async () => {
      const match = { by: "window", withinMs: 0 } as const;
      await pass(60_000);
      const [now, later] = [false, true].map((waitForRun) =>
        asking({ name: "p", wait: forPipeline("other", { match, waitForRun }) }),
      );
      const first = await engine.start("asker");
      await engine.settle({ ask: present(now) });
      expect(await result(first)).toMatchObject([{ runId: null, state: "missing" }]);
      const second = await engine.start("asker");
      await engine.settle({ ask: present(later) });
      expect((await runRow(second)).state).toBe("running");
      await pass(1_000);
      const other = await engine.start("other");
      await engine.settle({ ask: present(later), do: () => ok("new") });
      expect(await result(second)).toMatchObject([{ runId: other, result: "new" }]);
    });

    test("the run of the same partition is meant, and no other", async () => {
      const day = async (date: string) => engine.start("daily", { date });
      const ask = asking({ name: "p", wait: forPipeline("daily", { match: { by: "partition" } }) });
      await day("2026-03-01");
      await engine.settle(end(ok("first")));
      const run = await engine.start("daily-asker", { date: "2026-03-02" });
      await engine.settle({ ask });
      await pass(1_000);
      await day("2026-03-03");
      await engine.settle({ ask, do: () => ok("third") });
      expect((await runRow(run)).state).toBe("running");
      const second = await day("2026-03-02");
      await engine.settle({ ask, do: () => ok("second") });
      expect(await result(run)).toMatchObject([{ runId: second, result: "second" }]);
      const early = await engine.start("daily-asker", { date: "2026-03-01" });
      await engine.settle({ ask });
      expect(await result(early)).toMatchObject([{ result: "first" }]);
      expect(await leaks()).toEqual(NOTHING);
    });
  });
});

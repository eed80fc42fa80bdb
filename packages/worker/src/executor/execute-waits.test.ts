import { event, pipelineRef } from "@millrace/core";
import { type JsonValue, type TaskSpec } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  answerEntry,
  AT,
  type Attempt,
  ENDED,
  errorOf,
  type LooseHandler,
  outcomeOf,
  SECRET,
} from "./attempt-bench.ts";

const report = pipelineRef("report", { params: z.object({ level: z.number() }) });
const daily = pipelineRef("daily");

describe("waits", () => {
  const stale = event("ticket.stale", { data: z.object({ hours: z.number() }) });
  const closed = event("ticket.closed");

  async function waitsOf(handler: LooseHandler, attempt: Attempt = {}) {
    const outcome = await outcomeOf(handler, attempt);
    if (outcome.type !== "suspended") throw new Error(JSON.stringify(outcome));
    return outcome.waits;
  }

  test("sleepUntil takes an instant; what is none fails for good", async () => {
    const until = AT + 500;
    const wait = { kind: "sleep", until, afterMs: 0 };
    const waits = [{ name: "sleep 1", wait }];
    expect(await waitsOf((c) => c.sleepUntil(new Date(until)))).toEqual(waits);
    expect(await waitsOf((c) => c.sleepUntil("2026-03-01T13:00:00.500+01:00"))).toEqual(waits);
    for (const at of ["tomorrow", "2026-03-01T12:00:00", 5, new Date(Number.NaN)]) {
      const error = await errorOf((c) => c.sleepUntil(at));
      expect(error).toMatchObject({ retryable: false });
      expect(error.message).toContain("names no instant");
    }
    const error = await errorOf((c) => c.sleep("5 minutes"));
    expect(error.message).toContain('sleep "5 minutes" is no duration; write'.replace(";", ":"));
  });

  test("an event is waited for by name, pattern and filter, from the run's start on", async () => {
    const one = await waitsOf((c) =>
      c.waitForEvent(stale, { where: { hours: 48 }, timeout: "1d", name: "stale" }),
    );
    const where = { path: ["data", "hours"], op: "eq", value: 48 };
    expect(one).toEqual([
      {
        name: "stale",
        wait: {
          kind: "event",
          of: [{ name: "ticket.stale", isPattern: false, where }],
          ...{ lookBackMs: null, timeoutMs: 86_400_000 },
        },
      },
    ]);
    const pattern = await waitsOf((c) => c.waitForEvent("ticket.*", { lookBack: "none" }));
    expect(pattern).toMatchObject([
      { name: "event 1", wait: { of: [{ name: "ticket.*", isPattern: true }], lookBackMs: 0 } },
    ]);
    const any = await waitsOf((c) => c.waitForEvent({ any: [stale, "ticket.{a,b}"] }));
    expect(any).toMatchObject([{ wait: { of: [{ name: "ticket.stale" }, { isPattern: true }] } }]);
  });

  test("all of several are several waits; one that runs out of time makes all null", async () => {
    const handler: LooseHandler = (c) => c.waitForEvent({ all: [stale, closed] }, { name: "both" });
    expect(await waitsOf(handler)).toMatchObject([{ name: "both.1" }, { name: "both.2" }]);
    const first = answerEntry("both.1", 'event ["ticket.stale"]', {
      id: 4,
      name: "ticket.stale",
      data: 1,
    });
    const second = { id: 5, name: "ticket.closed", data: null };
    const journal = [answerEntry("both.2", 'event ["ticket.closed"]', second), first];
    expect(await outcomeOf(handler, { journal })).toMatchObject({
      output: [
        { id: "event_4", type: "ticket.stale", data: 1 },
        { id: "event_5", type: "ticket.closed", data: null },
      ],
    });
    const late = [answerEntry("both.2", 'event ["ticket.closed"]', null), first];
    expect(await outcomeOf(handler, { journal: late })).toMatchObject({ output: null });
  });

  test.each<[string, unknown, object | undefined, string]>([
    ["no event", 7, undefined, "which is no event"],
    ["a bad pattern", "Ticket.*", undefined, "the pattern"],
    ["an empty list", { any: [] }, undefined, "needs a list of 1 to 100 events"],
    ["a bad filter", "a.b", { where: { x: () => 1 } }, "no value or test at data.x"],
    ["a bad timeout", "a.b", { timeout: "soon" }, "is no duration"],
    ["a bad name", "a.b", { name: 7 }, "is no text"],
  ])("%s is refused for good", async (_name, what, options, message) => {
    const error = await errorOf((c) => c.waitForEvent(what, options));
    expect(error).toMatchObject({ reason: "error", retryable: false });
    expect(error.message).toContain(message);
  });

  test("a run is waited for by its id or by its pipeline", async () => {
    expect(await waitsOf((c) => c.waitForRun("run_9", { timeout: "1m" }))).toEqual([
      { name: "run 1", wait: { kind: "run", runId: 9, timeoutMs: 60_000 } },
    ]);
    const of = { kind: "pipeline", pipeline: "default/daily", timeoutMs: null };
    const same = { ...of, match: { by: "partition" }, waitForRun: true };
    expect(await waitsOf((c) => c.waitForRun({ pipeline: daily }))).toMatchObject([{ wait: same }]);
    const window = { match: { within: "2h" }, onMissing: "answer" };
    const late = { ...of, match: { by: "window", withinMs: 7_200_000 }, waitForRun: false };
    const waits = await waitsOf((c) => c.waitForRun({ pipeline: daily, ...window }));
    expect(waits).toMatchObject([{ wait: late }]);
    expect(await errorOf((c) => c.waitForRun("12"))).toMatchObject({ retryable: false });
    const own = await errorOf((c) => c.waitForRun("run_12"));
    expect(own.message).toContain("waits for its own run");
  });

  test.each<[JsonValue, object]>([
    [ENDED, { state: "succeeded", run: "run_7", result: { rows: 3 } }],
    [
      { ...ENDED, state: "failed", reason: "b" },
      { state: "failed", run: "run_7", reason: "b" },
    ],
    [
      { ...ENDED, state: "timed_out" },
      { state: "timed_out", run: "run_7" },
    ],
    [
      { ...ENDED, state: "missing", runId: null },
      { state: "missing", run: null },
    ],
  ])("the end of a run %j is told as %j", async (end, output) => {
    const journal = [answerEntry("run 1", "run 7", end)];
    expect(await outcomeOf((c) => c.waitForRun("run_7"), { journal })).toEqual({
      ...{ type: "succeeded", updates: [], events: [] },
      output,
    });
  });

  test("an approval asks people, and answers with what they said", async () => {
    const handler: LooseHandler = (c) =>
      c.waitForApproval({ asks: `Use ${SECRET}?`, roles: ["release"], timeout: "1d" });
    const wait = { kind: "approval", asks: "Use ***?", roles: ["release"], timeoutMs: 86_400_000 };
    expect(await waitsOf(handler)).toEqual([{ name: "approval 1", wait }]);
    const said = { verdict: "rejected", by: "ann", comment: "no", at: "2026-03-01T12:00:00Z" };
    const journal = [answerEntry("approval 1", "approval", said)];
    expect(await outcomeOf(handler, { journal })).toMatchObject({ output: said });
    expect(await errorOf((c) => c.waitForApproval({ asks: "" }))).toMatchObject({
      retryable: false,
    });
  });
});

describe("calls", () => {
  const calls = { calls: [{ pipeline: "default/report", wait: true }] };
  const handler: LooseHandler = (c) => c.call(report, { level: 2 }, { timeout: "1h" });

  test("a call starts a run with its params as given, and answers with its result", async () => {
    expect(await outcomeOf(handler, { spec: calls })).toEqual({
      type: "suspended",
      waits: [
        {
          name: "call 1",
          wait: {
            ...{ kind: "call", pipeline: "default/report", params: { level: 2 }, partition: {} },
            ...{ wait: true, inherit: true, timeoutMs: 3_600_000 },
          },
        },
      ],
      blockedOn: ["call 1"],
    });
    const journal = [answerEntry("call 1", "call default/report", ENDED)];
    const outcome = await outcomeOf(handler, { spec: calls, journal });
    expect(outcome).toMatchObject({ output: { rows: 3 } });
  });

  test("a call that does not succeed throws, and fails the task for good", async () => {
    const end = { ...ENDED, state: "failed", reason: "task load failed" };
    const journal = [answerEntry("call 1", "call default/report", end)];
    expect(await errorOf(handler, { spec: calls, journal })).toMatchObject({
      ...{ name: "CallFailed", reason: "refused", retryable: false },
      message: "called run_7 of pipeline default/report, which failed: task load failed",
    });
  });

  test("nobody waits for a call that is told so", async () => {
    const spec = { calls: [{ pipeline: "default/report", wait: false }] };
    const fire: LooseHandler = (c) => c.call(report, { level: 2 }, { wait: false });
    const started = { ...ENDED, state: "started", result: null };
    const journal = [answerEntry("call 1", "call default/report", started)];
    expect(await outcomeOf(fire, { spec, journal })).toMatchObject({ output: { run: "run_7" } });
    const waiting = await errorOf(handler, { spec });
    expect(waiting.message).toContain("declares that it does not wait");
  });

  test.each<[string, LooseHandler, Partial<TaskSpec>, string]>([
    [
      "undeclared",
      handler,
      {},
      "task t calls default/report, which it does not declare: add calls",
    ],
    ["of params that its schema refuses", (c) => c.call(report, { level: "x" }), calls, "level: "],
    [
      "of a wrong partition",
      (c) => c.call(report, { level: 1 }, { partition: { a: "b" } }),
      calls,
      "partition key a is not one of its keys",
    ],
    ["of nothing", (c) => c.call("report"), calls, "give it a pipeline"],
  ])("a call %s is refused for good", async (_name, calling, spec, message) => {
    const error = await errorOf(calling, { spec });
    expect(error.message).toContain(message);
    expect(error.retryable).toBe(false);
  });
});

describe("what the task waits for", () => {
  const spec = (rule: object): Partial<TaskSpec> => ({
    waitFor: ["default/daily"],
    runWaits: [
      {
        ...{ pipeline: "default/daily", match: { by: "latest" }, timeoutMs: null },
        ...{ onFailure: "fail", onTimeout: "fail", onMissing: "wait", ...rule },
      },
    ],
  });
  const ended = (state: string): Pick<Attempt, "journal"> => ({
    journal: [
      answerEntry("wait for default/daily", "pipeline default/daily", {
        ...{ runId: state === "missing" ? null : 7, state, result: null, reason: null },
      }),
    ],
  });

  test("the handler does not begin before the run has ended", async () => {
    let begun = false;
    const outcome = await outcomeOf(() => (begun = true), { spec: { waitFor: ["default/daily"] } });
    const wait = { kind: "pipeline", pipeline: "default/daily", match: { by: "partition" } };
    expect(outcome).toMatchObject({
      waits: [{ name: "wait for default/daily", wait: { ...wait, waitForRun: true } }],
    });
    expect(begun).toBe(false);
  });

  test.each([
    [{}, "succeeded", "succeeded"],
    [{}, "failed", "failed"],
    [{ onFailure: "skip" }, "cancelled", "skipped"],
    [{ onFailure: "run" }, "failed", "succeeded"],
    [{}, "timed_out", "failed"],
    [{ onTimeout: "skip" }, "timed_out", "skipped"],
    [{ onMissing: "fail" }, "missing", "failed"],
    [{ onMissing: "run" }, "missing", "succeeded"],
  ])("under %j a run that %s makes it %s", async (rule, state, type) => {
    const outcome = await outcomeOf(() => 1, { spec: spec(rule), ...ended(state) });
    expect(outcome).toMatchObject(
      type === "failed"
        ? { type, retryable: false, error: { name: "WaitFailed", reason: "refused" } }
        : { type },
    );
  });
});

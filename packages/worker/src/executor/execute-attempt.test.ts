import { check, type Context, daily, dataset, event, pipeline } from "@millrace/core";
import {
  type AttemptOutcome,
  type ClaimedTask,
  definitionOf,
  type HasDefinition,
  type UpdateView,
} from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../manual-clock.ts";
import type { WorkerEvent } from "../observer.ts";
import { type Execution, executeAttempt } from "./execute-attempt.ts";

const day = daily({ start: "2026-01-01" });
const flights = dataset("flights", {
  uri: "s3://lake/raw/flights/{date}.csv",
  partitions: { date: day },
  metadata: z.object({ rows: z.number().int() }),
});
const delays = dataset("delays", { uri: "s3://lake/delays/{date}.csv", partitions: { date: day } });
const airports = dataset("airports", { metadata: z.object({ count: z.number().default(7) }) });
const poor = event("flights.poor", { data: z.object({ date: z.string() }) });

const DATE = "2026-03-01";
const AT = Date.UTC(2026, 2, 1, 12);

/** An attempt of the one task of a pipeline, under way on a clock that stands still. */
function start(
  built: HasDefinition,
  claim: Partial<ClaimedTask> = {},
  latest: UpdateView | null = null,
) {
  const definition = definitionOf(built);
  const { namespace, name, tasks } = definition.spec;
  const clock = new ManualClock();
  const events: WorkerEvent[] = [];
  const asked: unknown[] = [];
  const claimed: ClaimedTask = {
    ...{
      taskRunId: 5,
      runId: 12,
      attempt: 3,
      failures: 1,
      item: null,
      timesOutAt: AT,
      begunAt: AT,
      journal: [],
    },
    pipeline: `${namespace}/${name}`,
    version: definition.version,
    task: tasks.at(-1)?.name ?? "",
    run: {
      ...{
        id: 12,
        params: null,
        trigger: "manual",
        correlationId: "c1",
        traceparent: null,
        createdAt: AT,
      },
      partition: "date" in definition.spec.partitions ? { date: DATE } : {},
      logicalAt: AT,
      interval: { start: AT - 86_400_000, end: AT },
    },
    needs: {},
    received: [],
    ...claim,
  };
  const execution = executeAttempt(claimed, definition, {
    clock,
    abortGraceMs: 2_000,
    observe: (told) => void events.push(told),
    settings: {
      variablesOf: () => ({ airport: "JFK" }),
      secretOf: (_definition, secret) => `secret ${secret}`,
    },
    recordStep: async () => true,
    setStatus: async () => true,
    latestUpdate: async (...args) => {
      asked.push(args);
      return latest;
    },
  });
  return { ...execution, clock, events, asked };
}

function outcomeOf(...args: Parameters<typeof start>): Promise<AttemptOutcome> {
  return start(...args).outcome;
}

/** The error of an attempt that must have failed. */
async function errorOf(...args: Parameters<typeof start>) {
  const outcome = await outcomeOf(...args);
  if (outcome.type !== "failed") throw new Error(`it ended as ${outcome.type}`);
  return { ...outcome.error, retryable: outcome.retryable };
}

/** What the handlers of the tests of checks look at. */
interface Making {
  readonly produces: {
    readonly checked: { update(said: { checks?: object; version?: unknown }): Promise<void> };
  };
}

/** A handler with its types erased, as the executor gets it. */
function erased(handler: unknown): () => null {
  return handler as () => null;
}

/** A pipeline of one task, a run of which is for a day. */
function oneTask(handler: (context: Context) => unknown): HasDefinition {
  return pipeline("p", { partitions: { date: day } }, ({ task }) => {
    task("t", { timeout: "5m" }, erased(handler));
  });
}

describe("results", () => {
  test("what the handler returns is the output; nothing is null", async () => {
    const some = await outcomeOf(oneTask(() => ({ rows: 3 })));
    expect(some).toEqual({ type: "succeeded", output: { rows: 3 }, updates: [], events: [] });
    expect(await outcomeOf(oneTask(() => {}))).toMatchObject({ output: null });
  });

  test("a result that is not JSON fails the attempt, by its path", async () => {
    expect(await errorOf(oneTask(() => ({ rows: [{ when: 1n }] })))).toMatchObject({
      reason: "invalid_output",
      retryable: true,
      message: expect.stringContaining("result.rows[0].when: BigInt is not JSON"),
    });
  });

  test("a branch must return a string", async () => {
    const build = (way: unknown) =>
      pipeline("p", {}, ({ branch }) => void branch("b", (() => way) as () => "good"));
    expect(await outcomeOf(build("good"))).toMatchObject({ output: "good" });
    expect(await errorOf(build(7))).toMatchObject({ reason: "invalid_output" });
  });

  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new TypeError("boom");
      },
    ],
    ["rejects", async () => Promise.reject(new TypeError("boom"))],
  ])("a handler that %s fails, and may be tried again", async (_name, handler) => {
    const error = await errorOf(oneTask(handler));
    expect(error).toMatchObject({ name: "TypeError", message: "boom", reason: "error" });
    expect(error.retryable).toBe(true);
  });

  test("a task without code fails at once, for good", async () => {
    const error = await errorOf(
      oneTask(() => 1),
      { task: "unknown" },
    );
    expect(error).toMatchObject({ reason: "no_code", retryable: false });
  });
});

describe("the context", () => {
  test("says what the run is for and which attempt this is", async () => {
    const output = ({ run, attempt }: Context) => ({ run, attempt });
    expect(await outcomeOf(oneTask(erased(output)))).toMatchObject({
      output: {
        run: {
          ...{ id: "run_12", partition: { date: DATE }, trigger: "manual", correlationId: "c1" },
          logicalAt: "2026-03-01T12:00:00.000Z",
          interval: { start: "2026-02-28T12:00:00.000Z", end: "2026-03-01T12:00:00.000Z" },
        },
        attempt: { number: 2, key: "run_12.t" },
      },
    });
  });

  test("items of a map have keys of their own", async () => {
    const built = pipeline("p", {}, ({ task, map }) => {
      const list = task("list", () => ["a"]);
      map("each", { over: list }, ({ item, index, attempt }) => ({
        item,
        index,
        key: attempt.key,
      }));
    });
    const outcome = await outcomeOf(built, { item: { index: 4, value: "e" } });
    expect(outcome).toMatchObject({ output: { item: "e", index: 4, key: "run_12.each.4" } });
  });

  test("needs are outputs, and under other rules outcomes", async () => {
    const build = (runIf: "all_success" | "all_done") =>
      pipeline("p", {}, ({ task }) => {
        const a = task("a", () => ({ n: 1 }));
        const first = ({ needs }: { needs: { first: unknown } }) => needs.first;
        task("b", { needs: { first: a }, runIf }, erased(first));
      });
    const needs = { first: { state: "succeeded", output: { n: 1 } } } as const;
    expect(await outcomeOf(build("all_success"), { needs })).toMatchObject({ output: { n: 1 } });
    expect(await outcomeOf(build("all_done"), { needs })).toMatchObject({ output: needs.first });
  });

  test("received gives what came from one source", async () => {
    const upstream = pipeline("up", {}, ({ task }) => task("t", () => ({ n: 1 })));
    const handler = ({ received }: { received: (source: unknown) => unknown }) => ({
      flights: received(flights),
      delays: received(delays),
      poor: received(poor),
      upstream: received(upstream),
    });
    const built = oneTask(erased(handler));
    const view = { partition: { date: DATE }, uri: null, kind: "changed", at: AT } as const;
    const update = { id: 1, dataset: "default/flights", ...view, metadata: { rows: 1 } };
    const outcome = await outcomeOf(built, {
      received: [
        { kind: "update", update },
        { kind: "event", id: 2, name: "flights.poor", data: { date: DATE } },
        { kind: "run", id: 3, pipeline: "default/up", state: "succeeded", result: { n: 1 } },
        { kind: "run", id: 4, pipeline: "default/up", state: "failed", result: { n: 1 } },
      ],
    });
    expect(outcome).toMatchObject({
      output: {
        flights: [{ dataset: "flights", uri: "", metadata: { rows: 1 }, kind: "changed" }],
        delays: [],
        poor: [{ id: "event_2", type: "flights.poor", data: { date: DATE } }],
        upstream: [
          { run: "run_3", pipeline: "up", state: "succeeded", result: { n: 1 } },
          { run: "run_4", pipeline: "up", state: "failed", result: null },
        ],
      },
    });
  });

  test("consumes asks for the run's partition, and of an earlier run's work for any", async () => {
    const consumes = { delays, last: delays.previous(), airports };
    const built = pipeline("p", { partitions: { date: day } }, ({ task }) => {
      task("t", { consumes }, async (context) => {
        await context.consumes.delays.latest();
        await context.consumes.last.latest();
        return {
          latest: await context.consumes.airports.latest(),
          uri: context.consumes.delays.uri,
        };
      });
    });
    const view = { partition: {}, uri: null, kind: "changed", at: AT } as const;
    const latest = { id: 9, dataset: "default/airports", ...view, metadata: { count: 1 } };
    const { outcome, asked } = start(built, {}, latest);
    expect(await outcome).toMatchObject({
      output: {
        latest: { dataset: "airports", metadata: { count: 1 }, at: "2026-03-01T12:00:00.000Z" },
        uri: `s3://lake/delays/${DATE}.csv`,
      },
    });
    expect(asked).toEqual([
      ["default/delays", { date: DATE }],
      ["default/delays", null],
      ["default/airports", {}],
    ]);
  });

  test("params are what the schema makes of them; refused ones fail for good", async () => {
    const params = z.object({ level: z.number().default(1), day: z.coerce.date().optional() });
    const built = pipeline("p", { params }, ({ task }) => {
      task("t", (context) => ({
        level: context.params.level,
        isDate: context.params.day instanceof Date,
      }));
    });
    const run = {
      id: 12,
      partition: {},
      trigger: "manual",
      correlationId: "c",
      traceparent: null,
      createdAt: AT,
    } as const;
    const at = { logicalAt: null, interval: null };
    const given = { run: { ...run, ...at, params: { day: "2026-01-01" } } };
    expect(await outcomeOf(built, given)).toMatchObject({ output: { level: 1, isDate: true } });
    const refused = await errorOf(built, { run: { ...run, ...at, params: { level: "x" } } });
    expect(refused).toMatchObject({ reason: "error", retryable: false });
    expect(refused.message).toContain("level: ");
  });

  test("variables, secrets and log lines reach where they belong", async () => {
    const { outcome, events } = start(
      oneTask(async ({ log, secret, variables }) => {
        log.info("loading\0", { rows: 3, when: 5n });
        return { variables, secret: await secret("faa" as never) };
      }),
    );
    expect(await outcome).toMatchObject({
      output: { variables: { airport: "JFK" }, secret: "secret faa" },
    });
    const attempt = {
      taskRunId: 5,
      runId: 12,
      pipeline: "default/p",
      task: "t",
      index: null,
      attempt: 3,
      correlationId: "c1",
    };
    const fields = { rows: 3, when: expect.stringContaining("BigInt is not JSON") };
    const line = { type: "log", level: "info", message: "loading\uFFFD", fields, attempt };
    expect(events).toEqual([line]);
  });
});

describe("produces", () => {
  type Output = { update: (o?: unknown) => Promise<void>; skip: () => void; uri: string };
  type Produces = { x: Output; e: { publish: (data: unknown) => Promise<void> } };

  function producing(
    x: typeof flights | typeof delays | typeof airports,
    handler: (produces: Produces) => unknown,
    partitions: Record<string, typeof day> = { date: day },
  ): HasDefinition {
    return pipeline("p", { partitions }, ({ task }) => {
      const run = ({ produces }: { produces: unknown }): unknown => handler(produces as Produces);
      task("t", { produces: { x, e: poor } }, erased(run));
    });
  }

  test("a dataset that is not mentioned is updated for the run's partition, once", async () => {
    const uri = `s3://lake/delays/${DATE}.csv`;
    expect(await outcomeOf(producing(delays, () => null))).toMatchObject({
      updates: [{ dataset: "default/delays", partition: { date: DATE }, uri, metadata: {} }],
    });
  });

  test("metadata has the schema's defaults, said or unsaid", async () => {
    const updates = [{ partition: {}, metadata: { count: 7 } }];
    expect(await outcomeOf(producing(airports, () => null))).toMatchObject({ updates });
    const said = producing(airports, ({ x }) => x.update());
    expect(await outcomeOf(said)).toMatchObject({ updates });
  });

  test("skip says that nothing changed", async () => {
    expect(await outcomeOf(producing(delays, ({ x }) => x.skip()))).toMatchObject({ updates: [] });
  });

  test("required metadata or an uncovered partition must be said", async () => {
    const silent = await errorOf(producing(flights, () => null));
    expect(silent).toMatchObject({ reason: "invalid_output" });
    expect(silent.message).toContain("call update({ metadata }) or skip()");
    const uncovered = await errorOf(producing(delays, () => null, {}));
    expect(uncovered.message).toContain("call update({ partition }) or skip()");
  });

  test("each update is one, in the order of the calls, with what it says", async () => {
    const built = producing(flights, async ({ x, e }) => {
      await x.update({ metadata: { rows: 1 } });
      await x.update({ metadata: { rows: 2 }, partition: { date: "2026-02-01" }, uri: "s3://b/k" });
      await e.publish({ date: DATE });
    });
    expect(await outcomeOf(built)).toMatchObject({
      updates: [
        {
          partition: { date: DATE },
          uri: `s3://lake/raw/flights/${DATE}.csv`,
          metadata: { rows: 1 },
        },
        { partition: { date: "2026-02-01" }, uri: "s3://b/k", metadata: { rows: 2 } },
      ],
      events: [{ name: "flights.poor", data: { date: DATE } }],
    });
  });

  test.each<[string, (produces: Produces) => unknown, string]>([
    ["metadata", ({ x }) => x.update({ metadata: { rows: "many" } }), "rows: "],
    ["a partition", ({ x }) => x.update({ partition: { date: "tomorrow" } }), "partition key date"],
    ["a key", ({ x }) => x.update({ partition: { day: "x" } }), "partition key day is not"],
    ["a URI", ({ x }) => x.update({ uri: "s3://a\0", metadata: { rows: 1 } }), "uri holds a NUL"],
    ["an event", ({ e }) => e.publish({ date: 7 }), "event flights.poor: date"],
    ["a skip", async ({ x }) => (await x.update({ metadata: { rows: 1 } }), x.skip()), "already"],
  ])("%s that is invalid fails the attempt", async (_name, handler, message) => {
    const error = await errorOf(producing(flights, handler));
    expect(error).toMatchObject({ name: "MillraceError", reason: "invalid_output" });
    expect(error.message).toContain(message);
  });

  test("a refused update fails the attempt even when the handler swallowed it", async () => {
    const built = producing(flights, async ({ x }) => {
      await x.update({ metadata: { rows: "many" } }).catch(() => {});
      await x.update({ metadata: { rows: 1 } });
    });
    expect(await errorOf(built)).toMatchObject({ reason: "invalid_output" });
  });

  test("an update that the handler did not wait for is waited for", async () => {
    const built = producing(flights, ({ x }) => void x.update({ metadata: { rows: 4 } }));
    expect(await outcomeOf(built)).toMatchObject({ updates: [{ metadata: { rows: 4 } }] });
  });

  test("what announces after the attempt is over is refused", async () => {
    const late = Promise.withResolvers<void>();
    let update: Promise<void> = Promise.resolve();
    const built = producing(delays, async ({ x }) => {
      await late.promise;
      update = x.update();
    });
    const { outcome, abort, clock } = start(built);
    abort("released");
    await clock.advance(2_000);
    expect(await outcome).toEqual({ type: "released" });
    late.resolve();
    await clock.advance(0);
    await expect(update).rejects.toThrow("the attempt is over");
  });
});

describe("checks", () => {
  const checked = dataset("checked", {
    checks: [check("no nulls", { blocking: true }), check("tidy")],
  });
  const making = (handler: (context: Making) => unknown) =>
    pipeline("p", {}, ({ task }) => {
      task("t", { produces: { checked } }, erased(handler));
    });

  test("what the handler says of them and of the version goes with the update", async () => {
    const outcome = await outcomeOf(
      making(({ produces }) =>
        produces.checked.update({ checks: { "no nulls": false }, version: "v1" }),
      ),
    );
    expect(outcome).toMatchObject({
      updates: [{ checks: { "no nulls": false }, contentVersion: "v1" }],
    });
  });

  test("an update of which a blocking one is not reported fails the attempt", async () => {
    const message = 'the blocking check "no nulls" was not reported; say true or false';
    const silent = await errorOf(making(({ produces }) => produces.checked.update({})));
    expect(silent).toMatchObject({
      reason: "invalid_output",
      message: expect.stringContaining(message),
    });
    const implied = await errorOf(making(() => {}));
    expect(implied.message).toContain(message);
  });

  test("a report of none that is there, or a version that is no text, fails the attempt", async () => {
    const wrong = { checks: { "no nulls": true, neat: true }, version: 1 };
    const { message } = await errorOf(making(({ produces }) => produces.checked.update(wrong)));
    expect(message).toContain('check "neat" is not one that is reported');
    expect(message).toContain("its version must be a text");
  });
});

describe("aborts", () => {
  /** A handler that waits for its signal, and then does as it is told. */
  function waiting(then: (signal: AbortSignal) => unknown): HasDefinition {
    return oneTask(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return then(signal);
    });
  }
  const stubborn = oneTask(() => new Promise(() => {}));
  const obedient = waiting((signal) => signal.throwIfAborted());
  const finishing = waiting(() => "done");

  async function abortedBy(
    built: HasDefinition,
    cause: Parameters<Execution["abort"]>[0],
    waitMs = 0,
  ): Promise<AttemptOutcome> {
    const { outcome, abort, clock } = start(built);
    await clock.advance(10);
    abort(cause);
    await clock.advance(waitMs);
    return outcome;
  }

  test("a timeout aborts the signal and fails the attempt", async () => {
    const { outcome, clock } = start(obedient);
    await clock.advance(5 * 60_000);
    expect(await outcome).toEqual({
      type: "failed",
      retryable: true,
      error: {
        name: "TimeoutError",
        message: "it took longer than its timeout of 5m",
        stack: null,
        reason: "timeout",
      },
    });
  });

  test("a handler that ends right before its timeout has made it", async () => {
    const late = Promise.withResolvers<string>();
    const { outcome, clock } = start(oneTask(() => late.promise));
    await clock.advance(5 * 60_000 - 1);
    late.resolve("in time");
    await clock.advance(10_000);
    expect(await outcome).toMatchObject({ type: "succeeded", output: "in time" });
  });

  test("work that ends within the grace counts after a cancel, not after a timeout", async () => {
    expect(await abortedBy(finishing, "cancelled")).toMatchObject({ output: "done" });
    expect(await abortedBy(finishing, "released")).toMatchObject({ output: "done" });
    expect(await abortedBy(finishing, "timeout")).toMatchObject({ error: { reason: "timeout" } });
    expect(await abortedBy(finishing, "lost")).toEqual({ type: "lost" });
  });

  test.each(["cancelled", "released", "lost"] as const)(
    "a handler that gives up, or does not listen, ends as %s",
    async (cause) => {
      expect(await abortedBy(obedient, cause)).toEqual({ type: cause });
      expect(await abortedBy(stubborn, cause, 2_000)).toEqual({ type: cause });
    },
  );

  test("a handler that does not listen is left behind after the grace, and not before", async () => {
    const { outcome, abort, clock } = start(stubborn);
    let ended = false;
    void outcome.then(() => void (ended = true));
    abort("cancelled");
    await clock.advance(1_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(ended).toBe(true);
  });

  test("the first cause counts", async () => {
    const { outcome, abort, clock } = start(stubborn);
    abort("cancelled");
    abort("lost");
    await clock.advance(2_000);
    expect(await outcome).toEqual({ type: "cancelled" });
  });

  test("nothing waits for the clock once an attempt is over", async () => {
    const { outcome, clock } = start(oneTask(() => 1));
    await outcome;
    expect(clock.sleeping).toBe(0);
  });
});

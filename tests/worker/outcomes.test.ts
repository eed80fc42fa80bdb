import { event, pipeline } from "@millrace/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Fleet, type FleetWorker, openFleet } from "./fleet.ts";

const opened = event("door.opened", { data: z.object({ door: z.string() }) });
const closed = event("door.closed", { data: z.object({ door: z.string() }) });

/** What becomes of those who wait: each way in which a wait can end. */
describe.each(["embedded", "server"] as const)("who waits on the %s database", (kind) => {
  let fleet: Fleet;
  const lease = kind === "server" ? { leaseMs: 60_000 } : {};
  beforeAll(async () => {
    fleet = await openFleet(kind);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  const statesOf = async (runId: number): Promise<Record<string, unknown>> => {
    const { state, tasks } = await fleet.ended(runId);
    return { run: state, ...Object.fromEntries(tasks.map((each) => [each.name, each.state])) };
  };
  const answer = async (
    worker: FleetWorker,
    runId: number,
    task: string,
    verdict: "approved" | "rejected",
  ): Promise<void> => {
    await worker.seen("finished", ({ attempt, outcome, recorded }) => {
      return (
        attempt.runId === runId && attempt.task === task && outcome === "suspended" && recorded
      );
    });
    const said = { verdict, by: "ann", roles: [], comment: null };
    fleet.follow(await fleet.store.answerApproval(runId, task, null, said));
  };
  const publish = async (name: string, door: string): Promise<void> => {
    const source = { type: "api", key: "test" };
    const rest = { source, idempotencyKey: null, correlationId: null };
    fleet.follow(await fleet.store.recordEvents([{ name, data: { door }, ...rest }]));
  };

  test("of several approvals one is enough, or all of them are asked for, by the rule", async () => {
    await fleet.register(
      pipeline("two-eyes", {}, ({ task, approval }) => {
        const ann = approval("ann", { asks: "Release?" });
        const bob = approval("bob", { asks: "Release?" });
        task("any", { needs: { ann, bob }, runIf: "at_least_one_success" }, () => "any");
        task("both", { needs: { ann, bob } }, () => "both");
      }),
    );
    const worker = await fleet.worker(lease);
    const runId = await fleet.start("two-eyes");
    await answer(worker, runId, "ann", "approved");
    await worker.seen(
      "finished",
      ({ attempt }) => attempt.runId === runId && attempt.task === "any",
    );
    await answer(worker, runId, "bob", "rejected");
    expect(await statesOf(runId)).toEqual({
      ...{ run: "failed", ann: "succeeded", bob: "failed" },
      ...{ any: "succeeded", both: "upstream_failed" },
    });
  });

  test("an approval whose time is up ends as it says", async () => {
    await fleet.register(
      pipeline("late", {}, ({ task, approval }) => {
        const timeout = "20ms";
        const asks = "Release?";
        approval("fails", { asks, timeout });
        const skips = approval("skips", { asks, timeout, onTimeout: "skip" });
        const approves = approval("approves", { asks, timeout, onTimeout: "approve" });
        task("after-skip", { needs: { skips } }, () => 1);
        task("ship", { needs: { approves } }, ({ needs }) => needs.approves.by);
      }),
    );
    await fleet.worker(lease);
    const runId = await fleet.start("late");
    expect(await statesOf(runId)).toEqual({
      ...{ run: "failed", fails: "failed", skips: "skipped", approves: "succeeded" },
      ...{ "after-skip": "skipped", ship: "succeeded" },
    });
  });

  test("a poll whose time is up ends as it says, and holds no slot between its tries", async () => {
    const never = { until: (n: number) => n < 0, timeout: "150ms" };
    await fleet.register(
      pipeline("polls", {}, ({ poll }) => {
        poll("fails", { every: "50ms", ...never }, () => 1);
        poll("skips", { every: "50ms", ...never, onTimeout: "skip" }, () => 1);
      }),
      pipeline("long-poll", {}, ({ poll }) =>
        poll("asks", { every: "1h", until: (n: number) => n < 0 }, () => 1),
      ),
      pipeline("beside", {}, ({ task }) => task("t", () => "ran")),
    );
    const worker = await fleet.worker({ slots: 1, ...lease });
    const waiting = await fleet.start("long-poll");
    await worker.seen("finished", ({ outcome }) => outcome === "again");
    const beside = await fleet.ended(await fleet.start("beside"));
    expect(beside).toMatchObject({ state: "succeeded", result: "ran" });
    const runId = await fleet.start("polls");
    expect(await statesOf(runId)).toEqual({ run: "failed", fails: "failed", skips: "skipped" });
    fleet.follow(await fleet.store.cancelRun(waiting));
  });

  test("any of several events is enough, or all of them are, and an earlier one if asked", async () => {
    await fleet.register(
      pipeline("doors", {}, ({ task }) => {
        const where = { door: "front" };
        task("any", async ({ waitForEvent }) => {
          const one = await waitForEvent({ any: [opened, closed] }, { where });
          return one?.data ?? null;
        });
        const all = task("all", async ({ waitForEvent }) => {
          const both = await waitForEvent({ all: [opened, closed] }, { where });
          return both?.map(({ data }) => data.door) ?? null;
        });
        task("before", async ({ waitForEvent }) => {
          const [found, none] = await Promise.all([
            waitForEvent(opened, { where: { door: "back" }, lookBack: "1h", timeout: "20s" }),
            waitForEvent(opened, { where: { door: "back" }, timeout: "30ms", name: "since" }),
          ]);
          if (found?.data.door !== "back" || none !== null) throw new Error("it looked elsewhere");
        });
        return all;
      }),
    );
    await publish("door.opened", "back");
    const worker = await fleet.worker(lease);
    const runId = await fleet.start("doors");
    await publish("door.closed", "back");
    await publish("door.closed", "front");
    await worker.seen("finished", ({ attempt, outcome }) => {
      return attempt.runId === runId && attempt.task === "any" && outcome === "succeeded";
    });
    await publish("door.opened", "front");
    const ended = await fleet.ended(runId);
    expect(ended).toMatchObject({ state: "succeeded", result: ["front", "front"] });
  });

  test("a wait for a pipeline ends as each of its policies says", async () => {
    const never = pipeline("never", {}, ({ task }) => task("t", () => 1));
    const falls = pipeline("falls", {}, ({ task }) =>
      task("t", () => {
        throw new Error("down");
      }),
    );
    const wait = { match: "latest" } as const;
    await fleet.register(
      never,
      falls,
      pipeline("policies", {}, ({ task }) => {
        const missing = { ...wait, pipeline: never };
        task("missing-fail", { waitFor: { ...missing, onMissing: "fail" } }, () => 1);
        task("missing-skip", { waitFor: { ...missing, onMissing: "skip" } }, () => 1);
        task("missing-run", { waitFor: { ...missing, onMissing: "run" } }, () => 1);
        const late = { ...missing, timeout: "30ms" };
        task("late-fail", { waitFor: late }, () => 1);
        task("late-skip", { waitFor: { ...late, onTimeout: "skip" } }, () => 1);
        task("late-run", { waitFor: { ...late, onTimeout: "run" } }, () => 1);
        const down = { ...wait, pipeline: falls };
        task("down-fail", { waitFor: down, retries: 3 }, () => 1);
        task("down-skip", { waitFor: { ...down, onFailure: "skip" } }, () => 1);
        task("down-run", { waitFor: { ...down, onFailure: "run" } }, () => 1);
      }),
    );
    await fleet.worker(lease);
    await fleet.ended(await fleet.start("falls"));
    const runId = await fleet.start("policies");
    expect(await statesOf(runId)).toEqual({
      run: "failed",
      ...{ "missing-fail": "failed", "missing-skip": "skipped", "missing-run": "succeeded" },
      ...{ "late-fail": "failed", "late-skip": "skipped", "late-run": "succeeded" },
      ...{ "down-fail": "failed", "down-skip": "skipped", "down-run": "succeeded" },
    });
  });

  test("what no database can hold fails its task, with the place, and nobody else's", async () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const returns = (value: unknown) => () => value as number;
    const note = event("note", { data: z.object({ n: z.number() }) });
    const bad = pipeline("bad", {}, ({ task, map }) => {
      task("none", returns({ rows: [1, undefined] }));
      task("huge", returns({ rows: 10n }));
      task("round", returns(cycle));
      task("nul", returns({ text: "a\0b" }));
      task("not-a-number", returns({ rate: Number.NaN }));
      task("twice", async ({ step }) => {
        await step("same", () => 1);
        await step("same", () => 2);
      });
      task("wrong-event", { produces: { note } }, async ({ produces }) => {
        await produces.note.publish({ n: "one" as unknown as number });
      });
      const text = task("text", () => "abc" as unknown as string[]);
      map("each", { over: text }, () => 1);
      return task("good", () => "good");
    });
    await fleet.register(bad);
    await fleet.worker(lease);
    const { state, tasks } = await fleet.ended(await fleet.start("bad"));
    expect(state).toBe("failed");
    const errors = tasks.map(({ name, error, reason }) => [
      name,
      (error as { message?: string } | null)?.message ?? reason,
    ]);
    expect(Object.fromEntries(errors)).toEqual({
      none: expect.stringContaining("rows[1]"),
      huge: expect.stringMatching(/rows.*BigInt/),
      round: expect.stringMatching(/self/),
      nul: expect.stringMatching(/text.*NUL/),
      "not-a-number": expect.stringMatching(/rate.*NaN/),
      twice: expect.stringMatching(/same/),
      "wrong-event": expect.stringMatching(/note.*n: /),
      text: null,
      each: expect.stringMatching(/list|array/),
      good: null,
    });
  });

  test("an item of a map is tried again by itself, and only for what is worth it", async () => {
    const tries: Record<string, number> = {};
    await fleet.register(
      pipeline("items", {}, ({ task, map }) => {
        const list = task("list", () => ["steady", "shaky", "broken"]);
        const isWorthIt = (error: unknown) => error instanceof Error && error.message === "shaken";
        const retries = { limit: 2, delay: "10ms", jitter: false, when: isWorthIt } as const;
        return map("each", { over: list, retries }, ({ item }) => {
          const count = (tries[item] = (tries[item] ?? 0) + 1);
          if (item === "broken") throw new Error("for good");
          if (item === "shaky" && count < 3) throw new Error("shaken");
          return count;
        });
      }),
    );
    await fleet.worker(lease);
    const { state, tasks } = await fleet.ended(await fleet.start("items"));
    expect(state).toBe("failed");
    expect(tries).toEqual({ steady: 1, shaky: 3, broken: 1 });
    const items = tasks.filter(({ item }) => item !== null);
    expect(items.map((each) => each.state)).toEqual(["succeeded", "succeeded", "failed"]);
  });

  test("a log names the story that its run belongs to, and a handler can send its trace on", async () => {
    const child = pipeline("told", {}, ({ task }) =>
      task("t", ({ log, run }) => {
        log.info("here");
        return run.traceparent;
      }),
    );
    await fleet.register(
      child,
      pipeline("tells", {}, ({ call }) => call("c", { pipeline: child, params: () => ({}) })),
    );
    const worker = await fleet.worker(lease);
    const runId = await fleet.start("tells");
    const { result, traceparent } = await fleet.ended(runId);
    expect(result).toBe(traceparent);
    const line = await worker.seen("log");
    expect(line.attempt).toMatchObject({ pipeline: "default/told", correlationId: `run_${runId}` });
    expect(line.attempt.runId).not.toBe(runId);
  });
});

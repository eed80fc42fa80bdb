import { pipelineRef } from "@millrace/core";
import { AGAIN, NonRetryable, TaskSkipped } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { errorOf, type LooseHandler, outcomeOf, SECRET, startAttempt } from "./attempt-bench.ts";

const daily = pipelineRef("daily");

describe("ends", () => {
  test("a poll that is not content is asked again; others cannot say that", async () => {
    const poll = { everyMs: 1_000, timeoutMs: null, onTimeout: "fail" } as const;
    expect(await outcomeOf(() => AGAIN, { spec: { kind: "poll", poll } })).toEqual({
      type: "again",
    });
    expect(await errorOf(() => AGAIN)).toMatchObject({ reason: "invalid_output" });
  });

  test("a handler can end its task as skipped, with its reason", async () => {
    const outcome = await outcomeOf(() => Promise.reject(new TaskSkipped(`nothing ${SECRET}`)));
    expect(outcome).toEqual({ type: "skipped", reason: "nothing ***" });
  });

  test("retries ask their when; what it throws is told", async () => {
    const failing: LooseHandler = () => Promise.reject(new Error("busy"));
    const retryable = async (when: (error: unknown) => boolean) =>
      (await errorOf(failing, { when })).retryable;
    expect(await retryable((error) => String(error).includes("busy"))).toBe(true);
    expect(await retryable(() => false)).toBe(false);
    const broken = await errorOf(failing, {
      when: () => {
        throw new TypeError("oops");
      },
    });
    expect(broken.retryable).toBe(false);
    expect(broken.message).toContain("TypeError: oops, asked about Error: busy");
    const final = await errorOf(() => Promise.reject(new NonRetryable("bad")), {
      when: () => true,
    });
    expect(final).toMatchObject({ name: "NonRetryable", message: "bad", retryable: false });
  });

  test("when is asked about a timeout as well", async () => {
    const names: unknown[] = [];
    const when = (error: unknown): boolean => {
      names.push((error as Error).name);
      return false;
    };
    const attempt = startAttempt(() => new Promise(() => {}), {
      spec: { timeoutMs: 60_000 },
      when,
    });
    await attempt.clock.advance(62_000);
    expect(await attempt.outcome).toMatchObject({ retryable: false, error: { reason: "timeout" } });
    expect(names).toEqual(["TimeoutError"]);
  });

  test("needs that were given as a list come as a list, also before they have ended", async () => {
    const needs = { "0": { task: "a", path: [] }, "1": { task: "b", path: [] } };
    const spec = { needs, needsList: true, runIf: "at_least_one_success" } as const;
    const outcomes = { "1": { state: "pending" }, "0": { state: "succeeded", output: 1 } } as const;
    const outcome = await outcomeOf((c) => c.needs, { spec, claim: { needs: outcomes } });
    expect(outcome).toMatchObject({
      output: [{ state: "succeeded", output: 1 }, { state: "pending" }],
    });
  });

  test("the run's trace is told", async () => {
    expect(await outcomeOf((c) => c.run.traceparent)).toMatchObject({ output: "00-1-2-01" });
  });
});

describe("status", () => {
  test("small facts are shown at once, without secrets", async () => {
    const attempt = startAttempt(async (c) => {
      await c.status.set("rows", 3);
      await c.status.set("from", { url: `x?key=${encodeURIComponent(SECRET)}` });
    });
    expect(await attempt.outcome).toMatchObject({ type: "succeeded" });
    expect(attempt.statuses).toEqual([
      ["rows", 3],
      ["from", { url: "x?key=***" }],
    ]);
  });

  test("too many, too large or badly named ones are refused", async () => {
    const many: LooseHandler = async (c) => {
      for (let n = 0; n <= 20; n += 1) await c.status.set(`k${n}`, n);
    };
    expect((await errorOf(many)).message).toContain("at most 20");
    const again: LooseHandler = async (c) => {
      for (let n = 0; n <= 40; n += 1) await c.status.set(`k${n % 20}`, n);
    };
    expect(await outcomeOf(again)).toMatchObject({ type: "succeeded" });
    const large = await errorOf((c) => c.status.set("k", "x".repeat(1_100)));
    expect(large.message).toContain("status k: value makes it larger than 1 KiB");
    expect((await errorOf((c) => c.status.set("", 1))).message).toContain("a key is a text");
  });
});

describe("secrets", () => {
  test("logs, errors and their stacks show *** in their place", async () => {
    const attempt = startAttempt(async (c) => {
      const token = await c.secret("token");
      c.log.info(`using ${token}`, { body: JSON.stringify({ token }), short: "123" });
      throw new Error(`refused ${token}`, { cause: new Error(`inner ${token}`) });
    });
    const outcome = await attempt.outcome;
    expect(JSON.stringify([outcome, attempt.events])).not.toContain("w/rd");
    expect(outcome).toMatchObject({ error: { message: "refused ***" } });
    expect(attempt.events).toMatchObject([
      { message: "using ***", fields: { body: '{"token":"***"}', short: "123" } },
    ]);
  });

  test("what is given away must not contain one; the error names it and not its value", async () => {
    const spec = {
      calls: [{ pipeline: "default/daily", wait: true }],
      produces: {
        table: { type: "dataset", dataset: "default/table" },
        sent: { type: "event", event: "sent" },
      },
    } as const;
    const leaks: readonly LooseHandler[] = [
      (c) => c.secret("token").then((token) => ({ [`key ${token}`]: 1 })),
      async (c) => void (await c.step("token", () => c.secret("token"))),
      async (c) => c.produces.sent.publish([await c.secret("token")]),
      async (c) => c.produces.table.update({ metadata: { by: await c.secret("token") } }),
      async (c) => c.produces.table.update({ uri: `x://${await c.secret("token")}@host` }),
      async (c) => c.call(daily, { token: await c.secret("token") }),
    ];
    for (const leak of leaks) {
      const error = await errorOf(leak, { spec });
      expect(error).toMatchObject({ reason: "invalid_output" });
      expect(error.message).toContain("it contains the secret token");
      expect(JSON.stringify(error)).not.toContain("w/rd");
    }
  });
});

import type { JournalEntry } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import {
  answerEntry,
  errorOf,
  type Loose,
  type LooseHandler,
  outcomeOf,
  startAttempt,
  stepEntry,
} from "./attempt-bench.ts";

describe("steps", () => {
  test("a step's result is recorded before the handler goes on", async () => {
    const seen: unknown[] = [];
    const attempt = startAttempt(async (c) => {
      seen.push(await c.step("load", () => ({ rows: 3, none: undefined })), [...attempt.recorded]);
      return "done";
    });
    expect(await attempt.outcome).toMatchObject({ output: "done" });
    expect(seen).toEqual([{ rows: 3 }, [["load", { rows: 3 }]]]);
  });

  test("a recorded step is not run again, and nothing is null", async () => {
    const handler: LooseHandler = async (c) => [
      await c.step("load", () => expect.unreachable("it ran again")),
      await c.step("tell", () => {}),
    ];
    const journal = [stepEntry("load", 7)];
    expect(await outcomeOf(handler, { journal })).toMatchObject({ output: [7, null] });
  });

  test("a step that throws is not recorded, and its error is the handler's to see", async () => {
    const attempt = startAttempt(async (c) => {
      const caught = await c.step("load", () => Promise.reject(new Error("no"))).catch(String);
      return caught;
    });
    expect(await attempt.outcome).toMatchObject({ output: "Error: no" });
    expect(attempt.recorded).toEqual([]);
  });

  test("a result that is not JSON, or too large, fails the attempt by the step's name", async () => {
    const date = await errorOf((c) => c.step("load", () => ({ at: new Date(0) })));
    expect(date).toMatchObject({ reason: "invalid_output", retryable: true });
    expect(date.message).toContain('result of step "load": result.at: Date is not JSON');
    const large = await errorOf((c) => c.step("load", () => "x".repeat(1_100_000)));
    expect(large.message).toContain("larger than 1024 KiB");
  });

  test("when the attempt is another's by now, it is lost and its handler is stopped", async () => {
    const attempt = startAttempt(
      async (c) => {
        await c.step("load", () => 1);
        expect.unreachable("it went on");
      },
      { record: async () => false },
    );
    expect(await attempt.outcome).toEqual({ type: "lost" });
  });

  test("a store that cannot be reached is asked again", async () => {
    const failures = [new Error("down"), new Error("still down")];
    const attempt = startAttempt((c) => c.step("load", () => 1), {
      record: async () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return true;
      },
    });
    await attempt.clock.advance(1_000);
    expect(await attempt.outcome).toMatchObject({ type: "succeeded", output: 1 });
    expect(attempt.events.map(({ type }) => type)).toEqual(["problem", "problem"]);
  });

  test("results are recorded one after another, in the order in which the steps ended", async () => {
    const first = Promise.withResolvers<boolean>();
    const asked: string[] = [];
    const slow = async (): Promise<null> => {
      for (let hop = 0; hop < 5; hop += 1) await Promise.resolve();
      return null;
    };
    const attempt = startAttempt(
      (c) => Promise.all([c.step("slow", slow), c.step("fast", () => 1)]),
      {
        record: ({ name }) => {
          asked.push(name);
          return name === "fast" ? first.promise : Promise.resolve(true);
        },
      },
    );
    await attempt.clock.advance(10);
    expect(asked).toEqual(["fast"]);
    first.resolve(true);
    await attempt.outcome;
    expect(asked).toEqual(["fast", "slow"]);
  });

  test("answers come in the order in which they were recorded, one branch after the other", async () => {
    const handler: LooseHandler = async (c) => {
      const branch = async (name: string, hops: number): Promise<void> => {
        await c.step(name, () => null);
        for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
        await c.sleep(name === "a" ? "1h" : "2h");
      };
      await Promise.all([branch("a", 9), branch("b", 0)]);
    };
    const waits = async (...names: string[]) => {
      const outcome = await outcomeOf(handler, {
        journal: names.map((name) => stepEntry(name, null)),
      });
      return outcome.type === "suspended" ? outcome.waits.map(({ wait }) => wait) : outcome;
    };
    const [a, b] = [{ afterMs: 3_600_000 }, { afterMs: 7_200_000 }];
    expect(await waits("a", "b")).toMatchObject([a, b]);
    expect(await waits("b", "a")).toMatchObject([b, a]);
    expect(await waits()).toMatchObject([a, b]);
  });
});

describe("suspension", () => {
  test("a wait without an answer suspends, and the handler never sees that", async () => {
    const seen: string[] = [];
    const outcome = await outcomeOf(async (c) => {
      try {
        await c.sleep("1h30m");
      } catch {
        seen.push("catch");
      } finally {
        seen.push("finally");
      }
    });
    const wait = { kind: "sleep", until: null, afterMs: 5_400_000 };
    expect(outcome).toEqual({
      type: "suspended",
      waits: [{ name: "sleep 1", wait }],
      blockedOn: ["sleep 1"],
    });
    expect(seen).toEqual([]);
  });

  test("a wait that is recorded is waited for without being asked for again", async () => {
    const journal = [
      { name: "sleep 1", signature: "sleep", state: "waiting", value: null },
    ] as const;
    expect(
      await outcomeOf((c) => Promise.all([c.sleep("1h"), c.sleep("2h")]), { journal }),
    ).toEqual({
      type: "suspended",
      waits: [{ name: "sleep 2", wait: { kind: "sleep", until: null, afterMs: 7_200_000 } }],
      blockedOn: ["sleep 1", "sleep 2"],
    });
  });

  test("what has its answer goes on at once", async () => {
    const journal = [answerEntry("sleep 1", "sleep", null)];
    const handler: LooseHandler = async (c) => (await c.sleep("1h"), "awake");
    expect(await outcomeOf(handler, { journal })).toMatchObject({ output: "awake" });
  });

  test("a step that is under way is waited for before the attempt is suspended", async () => {
    const gate = Promise.withResolvers<number>();
    const attempt = startAttempt((c) =>
      Promise.all([c.sleep("1h"), c.step("load", () => gate.promise)]),
    );
    let ended = false;
    void attempt.outcome.then(() => (ended = true));
    for (let turn = 0; turn < 5; turn += 1) await attempt.clock.advance(10);
    expect(ended).toBe(false);
    gate.resolve(4);
    expect(await attempt.outcome).toMatchObject({ type: "suspended", blockedOn: ["sleep 1"] });
    expect(attempt.recorded).toEqual([["load", 4]]);
  });

  test("a handler that ends while it waits has ended, and its waits are dropped", async () => {
    const race: LooseHandler = (c) => Promise.race([c.sleep("1h"), c.step("fast", () => 1)]);
    expect(await outcomeOf(race)).toMatchObject({ type: "succeeded", output: 1 });
    const failing: LooseHandler = (c) =>
      Promise.all([c.sleep("1h"), c.step("bad", () => Promise.reject(new Error("no")))]);
    expect(await errorOf(failing)).toMatchObject({ message: "no", retryable: true });
  });

  test("the signal of a suspended attempt aborts, and its context is closed for good", async () => {
    const signals: AbortSignal[] = [];
    let late = "nothing";
    const attempt = startAttempt(async (c) => {
      signals.push(c.signal);
      const sleeping = c.sleep("1h");
      await new Promise((resolve) => c.signal.addEventListener("abort", resolve));
      try {
        await c.step("late", () => (late = "ran"));
      } finally {
        late = "went on";
      }
      await sleeping;
    });
    expect(await attempt.outcome).toMatchObject({ type: "suspended" });
    await attempt.clock.advance(10);
    expect(signals[0]?.reason).toMatchObject({
      name: "AbortError",
      message: "it waits; it begins anew when there is an answer",
    });
    expect(late).toBe("nothing");
  });

  test("a cancelled attempt is cancelled, and one that is handed back keeps its waits", async () => {
    const abortedBy = async (cause: "cancelled" | "released") => {
      const attempt = startAttempt((c) => c.sleep("1h"));
      attempt.abort(cause);
      return attempt.outcome;
    };
    expect(await abortedBy("cancelled")).toEqual({ type: "cancelled" });
    expect(await abortedBy("released")).toMatchObject({ type: "suspended" });
  });

  test("steps after the end of the attempt are refused", async () => {
    let late: Promise<unknown> = Promise.resolve();
    let context: Loose | null = null;
    const attempt = startAttempt((c) => void (context = c));
    expect(await attempt.outcome).toMatchObject({ type: "succeeded" });
    late = (context as unknown as Loose).step("late", () => 1);
    await expect(late).rejects.toThrow("the attempt is over");
  });
});

describe("names", () => {
  const changed = { name: "StepsChanged", reason: "steps_changed", retryable: false };

  test("a name that is used twice fails the attempt, even when the error was swallowed", async () => {
    const error = await errorOf(async (c) => {
      await c.step("load", () => 1);
      await c.step("load", () => 2).catch(() => {});
      await c.sleep("1h");
    });
    expect(error).toMatchObject(changed);
    expect(error.message).toContain('"load" is used twice');
    const hiding = await errorOf(async (c) => {
      await c.step("load", () => 1);
      await c.step("load", () => 2).catch(() => {});
      throw new Error("something else");
    });
    expect(hiding).toMatchObject(changed);
  });

  test("another wait under a recorded name is a changed handler", async () => {
    const journal = [answerEntry("sleep 1", "sleep", null)];
    const error = await errorOf((c) => c.step("sleep 1", () => 1), { journal });
    expect(error).toMatchObject(changed);
    expect(error.message).toContain("recorded as `sleep` and is asked for as `step`");
    const other = [answerEntry("event 1", 'event ["a"]', null)];
    expect(await errorOf((c) => c.waitForEvent("b"), { journal: other })).toMatchObject(changed);
  });

  test("what is recorded and never asked for is a changed handler", async () => {
    const journal = [stepEntry("old", 1), stepEntry("load", 2)];
    const error = await errorOf((c) => c.step("load", () => 2), { journal });
    expect(error).toMatchObject(changed);
    expect(error.message).toContain('an earlier attempt recorded "old"');
  });

  test("a handler that fails is told its own error, whatever it did not come to ask for", async () => {
    const handler: LooseHandler = () => Promise.reject(new Error("early"));
    const error = await errorOf(handler, { journal: [stepEntry("old", 1)] });
    expect(error).toMatchObject({ message: "early", reason: "error", retryable: true });
  });

  test.each([[""], ["x".repeat(201)], ["nul\0"], [7]])("%j is no name", async (name) => {
    const error = await errorOf((c) => c.step(name as string, () => 1));
    expect(error.message).toContain("needs a name of 1 to 200 characters");
    expect(error.retryable).toBe(false);
  });
});

describe("logs", () => {
  const handler: LooseHandler = async (c) => {
    c.log.info("begins");
    await c.step("load", () => 1);
    c.log.info("loaded");
    await c.sleep("1h");
    c.log.info("slept");
  };
  const loggedWith = async (journal: readonly JournalEntry[]): Promise<readonly string[]> => {
    const attempt = startAttempt(handler, { journal });
    await attempt.outcome;
    return attempt.events.flatMap((event) => (event.type === "log" ? [event.message] : []));
  };

  test("what was said before the last answer is not said again", async () => {
    const waiting = { ...answerEntry("sleep 1", "sleep", null), state: "waiting" } as const;
    expect(await loggedWith([])).toEqual(["begins", "loaded"]);
    expect(await loggedWith([stepEntry("load", 1), waiting])).toEqual(["loaded"]);
    const slept = [stepEntry("load", 1), answerEntry("sleep 1", "sleep", null)];
    expect(await loggedWith(slept)).toEqual(["slept"]);
  });
});

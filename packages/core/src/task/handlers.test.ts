import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ApprovalRejected, CallFailed, NonRetryable, pipeline, TaskSkipped } from "../index.ts";
import {
  AGAIN,
  type ApprovalAnswer,
  definitionOf,
  type HasDefinition,
  isNotRetryable,
  isTaskSkipped,
} from "../internal.ts";

const render = pipeline("render", { params: z.object({ ticket: z.string() }) }, ({ task }) =>
  task("draw", () => ({ path: "x" })),
);

/** What the handler of task `t` does with a context. */
async function run(made: HasDefinition, context: object): Promise<unknown> {
  return definitionOf(made).handlers.get("t")?.(context as never);
}

describe("a call", () => {
  /** What it is called with. */
  async function calledWith(options: object, context: object = {}): Promise<readonly unknown[]> {
    const made = pipeline("p", {}, ({ call }) => void call("t", options as never));
    const call = (...given: readonly unknown[]): readonly unknown[] => given;
    return (await run(made, { ...context, call })) as readonly unknown[];
  }

  test("passes on what it was given, and nothing else", async () => {
    const params = ({ run: { id } }: { readonly run: { readonly id: string } }): object => ({
      ticket: id,
    });
    expect(await calledWith({ pipeline: render, params }, { run: { id: "run_1" } })).toEqual([
      render,
      { ticket: "run_1" },
      {},
    ]);
    const all = {
      pipeline: render,
      wait: false,
      timeout: "2h",
      inherit: false,
      partition: () => ({ date: "2026-01-01" }),
    };
    expect(await calledWith(all)).toEqual([
      render,
      {},
      { wait: false, timeout: "2h", inherit: false, partition: { date: "2026-01-01" } },
    ]);
    expect((await calledWith({ pipeline: render, wait: true }))[2]).toEqual({});
  });
});

describe("an approval", () => {
  const at = "2026-01-01T00:00:00.000Z";
  async function answered(
    verdict: ApprovalAnswer["verdict"],
    options: object = {},
  ): Promise<{ readonly asked: unknown; readonly output: unknown }> {
    const made = pipeline("p", {}, ({ approval }) => {
      approval("t", { asks: ({ run: { id } }) => `Go on with ${id}?`, ...options });
    });
    let asked: unknown;
    const waitForApproval = async (question: unknown): Promise<ApprovalAnswer> => {
      asked = question;
      const by = verdict === "timed_out" ? null : "ann";
      return { verdict, by, comment: verdict === "rejected" ? "too dear" : null, at };
    };
    const output = await run(made, { run: { id: "run_1" }, waitForApproval });
    return { asked, output };
  }

  test("asks what its options say, and gives who approved", async () => {
    expect(await answered("approved", { roles: ["lead"], timeout: "2d" })).toEqual({
      asked: { asks: "Go on with run_1?", roles: ["lead"], timeout: "2d" },
      output: { by: "ann", comment: null, at },
    });
    const { asked } = await answered("approved");
    expect(asked).toEqual({ asks: "Go on with run_1?" });
  });

  test("fails for good when it is rejected, with who and why", async () => {
    const error = await answered("rejected").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApprovalRejected);
    expect(error).toMatchObject({ by: "ann", comment: "too dear" });
    expect(isNotRetryable(error) && error.message).toBe("ann rejected it: too dear");
  });

  test("ends as its policy says when the time is up", async () => {
    const late = { timeout: "2d" };
    const failed = await answered("timed_out", late).catch((reason: unknown) => reason);
    expect(isNotRetryable(failed) && failed.message).toBe("nobody answered within 2d");
    expect(failed).toMatchObject({ name: "ApprovalExpired" });
    const skip = { ...late, onTimeout: "skip" };
    const skipped = await answered("timed_out", skip).catch((reason: unknown) => reason);
    expect(isTaskSkipped(skipped) && !isNotRetryable(skipped)).toBe(true);
    const { output } = await answered("timed_out", { ...late, onTimeout: "approve" });
    expect(output).toEqual({ by: null, comment: null, at });
  });
});

describe("a poll", () => {
  const polls = (output: unknown, until: (output: never) => boolean): HasDefinition =>
    pipeline("p", {}, ({ poll }) => {
      poll(
        "t",
        { every: "1s", until: until as (output: unknown) => boolean },
        () => output as null,
      );
    });

  test("gives the output that it waits for, and else says that it is asked again", async () => {
    const until = ({ done }: { readonly done: boolean }): boolean => done;
    expect(await run(polls({ done: true }, until), {})).toEqual({ done: true });
    expect(await run(polls({ done: false }, until), {})).toBe(AGAIN);
  });

  test("is not content with what is only truthy", async () => {
    expect(
      await run(
        polls(1, () => "yes" as never),
        {},
      ),
    ).toBe(AGAIN);
  });

  test("fails when its handler or its until does", async () => {
    const until = (): never => {
      throw new RangeError("not a job");
    };
    await expect(run(polls(1, until), {})).rejects.toThrow("not a job");
  });
});

describe("errors are known across duplicate installs", () => {
  test("by what they carry", () => {
    const failed = new CallFailed("default/p", { run: "run_7", state: "failed", reason: "boom" });
    expect(failed.message).toBe("called run_7 of pipeline default/p, which failed: boom");
    const named = new CallFailed("a/p", { run: "run_7", state: "failed", reason: "failed: load" });
    expect(named.message).toBe("called run_7 of pipeline a/p, which failed: load");
    expect(CallFailed.is(failed) && isNotRetryable(failed)).toBe(true);
    const refused = new CallFailed("default/p", { run: null, state: "refused", reason: null });
    expect(refused.message).toBe("called pipeline default/p, which could not be started");
    expect(CallFailed.is(new NonRetryable("x"))).toBe(false);
    expect(isNotRetryable(new NonRetryable("x"))).toBe(true);
    expect(isNotRetryable(new Error("x"))).toBe(false);
    expect(isTaskSkipped(new TaskSkipped("nothing new"))).toBe(true);
    expect(isTaskSkipped(new Error("x"))).toBe(false);
  });

  test("and have names of their own", () => {
    const rejected = new ApprovalRejected({ by: null, comment: null });
    const skipped = new TaskSkipped("x");
    const errors = [new NonRetryable("x"), rejected, skipped];
    expect(errors.map(({ name }) => name)).toEqual([
      "NonRetryable",
      "ApprovalRejected",
      "TaskSkipped",
    ]);
  });
});

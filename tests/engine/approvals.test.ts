import { type JsonValue, MillraceError, present, type Wait } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { asking, NOTHING, suspended, waitingRoom } from "./waiting-room.ts";

const approval = (part: Partial<Wait & { kind: "approval" }> = {}): Wait => ({
  kind: "approval",
  asks: "Ship it?",
  roles: [],
  timeoutMs: null,
  ...part,
});

describe.each(["embedded", "server"] as const)("approvals on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(
      pipelineSpec("release", [taskSpec("ask")], { result: "ask" }),
      pipelineSpec("many", [
        taskSpec("list"),
        taskSpec("each", { kind: "map", over: { task: "list", path: [] } }),
      ]),
    );
    await pass(0);
  }, 60_000);
  afterAll(() => engine.close());

  const { pass, runRow, result, leaks } = waitingRoom(() => engine);
  const ask = asking({ name: "approval 1", wait: approval() });
  const ann = { by: "ann", roles: ["manager"], comment: null } as const;
  const refusal = async (answer: Promise<unknown>): Promise<MillraceError> => {
    const error: unknown = await answer.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (MillraceError.is(error)) return error;
    throw new Error("it was not refused");
  };

  test.each(["approved", "rejected"] as const)("a task that was %s goes on", async (verdict) => {
    const run = await engine.start("release");
    await engine.settle({ ask });
    expect(await engine.claim()).toEqual([]);
    const said = { ...ann, verdict, comment: "as discussed" };
    const { bells } = await engine.store.answerApproval(run, "ask", null, said);
    expect(bells).toHaveLength(1);
    await engine.settle({ ask });
    const at = "2026-06-01T00:00:00.000Z";
    expect(await result(run)).toEqual([{ verdict, by: "ann", comment: "as discussed", at }]);
    expect(await leaks()).toEqual(NOTHING);
    const [audit] = await engine.rows<object>(
      `select by, action, task, why, detail from millrace.audit where run_id = ${run}`,
    );
    const action = verdict === "approved" ? "approve" : "reject";
    const detail = { name: "approval 1" };
    expect(audit).toEqual({ by: "ann", action, task: "ask", why: "as discussed", detail });
  });

  test("only those with one of its roles may answer", async () => {
    const run = await engine.start("release");
    const strict = asking({ name: "a", wait: approval({ roles: ["cto", "owner"] }) });
    await engine.settle({ ask: strict });
    const said = { ...ann, verdict: "approved" } as const;
    const error = await refusal(engine.store.answerApproval(run, "ask", null, said));
    expect(error.code).toBe("FORBIDDEN");
    expect(error.message).toBe(
      `ann may not answer the approval of task ask of run_${run}: it asks for the role cto or owner.`,
    );
    const owner = { ...said, by: "bob", roles: ["owner"] };
    await engine.store.answerApproval(run, "ask", null, owner);
    await engine.settle({ ask: strict });
    expect(await result(run)).toMatchObject([{ by: "bob" }]);
  });

  test("the second answer hears who was first", async () => {
    const run = await engine.start("release");
    await engine.settle({ ask });
    const said = { ...ann, verdict: "rejected" } as const;
    await engine.store.answerApproval(run, "ask", null, said);
    const error = await refusal(
      engine.store.answerApproval(run, "ask", null, { ...said, by: "bob", verdict: "approved" }),
    );
    expect(error.code).toBe("CONFLICT");
    expect(error.message).toMatch(/it was rejected by ann at 2026-06-01T00:00:00\.000Z\.$/);
    await engine.settle({ ask });
  });

  test("what was never asked is not found, and what nobody waits for is closed", async () => {
    const run = await engine.start("release");
    const said = { ...ann, verdict: "approved" } as const;
    const early = await refusal(engine.store.answerApproval(run, "ask", null, said));
    expect(early.code).toBe("NOT_FOUND");
    expect(early.message).toMatch(/List those that are open with `millrace approvals`\.$/);
    const none = await refusal(engine.store.answerApproval(999_999, "ask", null, said));
    expect(none.code).toBe("NOT_FOUND");
    await engine.settle({ ask });
    await engine.store.cancelRun(run);
    const late = await refusal(engine.store.answerApproval(run, "ask", null, said));
    expect(late.code).toBe("CONFLICT");
    expect(late.message).toMatch(/its task ended without an answer\.$/);
    expect(await engine.store.listApprovals()).toEqual([]);
  });

  test("its time is up without an answer", async () => {
    const run = await engine.start("release");
    const short = asking({ name: "a", wait: approval({ timeoutMs: 60_000 }) });
    await engine.settle({ ask: short });
    await pass(60_000, { ask: short });
    const at = "2026-06-01T00:01:00.000Z";
    const timedOut = { verdict: "timed_out", by: null, comment: null, at };
    expect(await result(run)).toEqual([timedOut]);
    const said = { ...ann, verdict: "approved" } as const;
    const late = await refusal(engine.store.answerApproval(run, "ask", null, said));
    expect(late.message).toMatch(/its time was up at 2026-06-01T00:01:00\.000Z\.$/);
  });

  test("those that are open are listed, with what was said about them", async () => {
    const run = await engine.start("release");
    const wait = approval({ roles: ["owner"], timeoutMs: 1_000, asks: "Really?" });
    await engine.settle({ ask: asking({ name: "a", wait }) });
    await engine.store.commentApproval(run, "ask", null, { by: "cy", comment: "looks good" });
    const [open, ...rest] = await engine.store.listApprovals();
    expect(rest).toEqual([]);
    expect(open).toMatchObject({
      runId: run,
      pipeline: "default/release",
      task: "ask",
      item: null,
      name: "a",
      asks: "Really?",
      roles: ["owner"],
      comments: [{ by: "cy", comment: "looks good" }],
    });
    expect(present(open?.due).getTime() - present(open).since.getTime()).toBe(1_000);
    await engine.store.cancelRun(run);
    expect(await engine.store.listApprovals()).toEqual([]);
    await engine.settle();
  });

  test("several in one task are told apart by name", async () => {
    const run = await engine.start("release");
    const both = asking({ name: "legal", wait: approval() }, { name: "money", wait: approval() });
    await engine.settle({ ask: both });
    const said = { ...ann, verdict: "approved" } as const;
    const error = await refusal(engine.store.answerApproval(run, "ask", null, said));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toMatch(/several approvals of it are open: "legal", "money"; say which/);
    await engine.store.answerApproval(run, "ask", null, { ...said, name: "money" });
    expect((await runRow(run)).state).toBe("running");
    await engine.store.answerApproval(run, "ask", null, said);
    await engine.settle({ ask: both });
    expect((await runRow(run)).state).toBe("succeeded");
  });

  test("an item of a map has its own", async () => {
    const run = await engine.start("many");
    const each = asking({ name: "a", wait: approval() });
    await engine.settle({ list: () => ok([1, 2]), each });
    const said = { ...ann, verdict: "approved" } as const;
    await engine.store.answerApproval(run, "each", 1, said);
    await engine.settle({ each });
    const [open, ...rest] = await engine.store.listApprovals();
    expect([open?.item, rest.length]).toEqual([0, 0]);
    await engine.store.answerApproval(run, "each", 0, said);
    await engine.settle({ each });
    expect((await runRow(run)).state).toBe("succeeded");
  });

  test("an answer that comes while the task runs is there when it asks", async () => {
    const run = await engine.start("release");
    const wait = { name: "a", wait: approval() };
    const sleep = { name: "s", wait: { kind: "sleep", until: 0, afterMs: 0 } } as const;
    await engine.settle({ ask: () => suspended(wait, sleep) });
    await engine.store.evaluate((await engine.store.fireDue(10)).facts);
    const [task] = await engine.claim();
    await engine.store.answerApproval(run, "ask", null, { ...ann, verdict: "approved" });
    await engine.finish(present(task), { type: "suspended", waits: [], blockedOn: ["a"] });
    const answers = (value: JsonValue): string => JSON.stringify(value);
    await engine.settle({ ask: asking(wait) });
    expect(answers(await result(run))).toMatch(/approved/);
  });
});

import { describe, expect, test } from "vitest";
import { CRASHES_MAX, decideAttempt } from "./decide-attempt.ts";
import type { AttemptOutcome } from "./outcome.ts";
import type { TaskStop } from "./task-view.ts";

const retries = { limit: 2, backoff: "fixed", delayMs: 100, maxMs: 100, jitter: false } as const;
const error = { name: "Error", message: "boom", stack: null, reason: "error" } as const;
const failed: AttemptOutcome = { type: "failed", error, retryable: true };
const calm = { cancelling: false, u: 0 };
const cancelling = { cancelling: true, u: 0 };
const fresh = { failures: 0, crashes: 0 };

test("a failure is tried again until the retries are used up", () => {
  const first = decideAttempt(failed, fresh, retries, calm);
  expect(first).toMatchObject({ state: "waiting", delayMs: 100, failures: 1 });
  const last = decideAttempt(failed, { failures: 2, crashes: 0 }, retries, calm);
  expect(last).toMatchObject({ state: "failed", failures: 3, error });
});

test("a failure that says so is not tried again", () => {
  const outcome: AttemptOutcome = { type: "failed", error, retryable: false };
  expect(decideAttempt(outcome, fresh, retries, calm).state).toBe("failed");
});

test("a dead worker and a deploy use up none of the user's retries", () => {
  const lost = decideAttempt({ type: "lost" }, fresh, retries, calm);
  expect(lost).toEqual({ state: "queued", failures: 0, crashes: 1 });
  const released = decideAttempt({ type: "released" }, fresh, retries, calm);
  expect(released).toEqual({ state: "queued", failures: 0, crashes: 0 });
});

test("a task that takes down too many workers is poison", () => {
  const history = { failures: 0, crashes: CRASHES_MAX - 1 };
  const decision = decideAttempt({ type: "lost" }, history, retries, calm);
  expect(decision).toMatchObject({ state: "failed", error: { reason: "poison" } });
});

describe("an attempt that did not come to an end", () => {
  const used = { failures: 1, crashes: 1 };
  const poll = { everyMs: 1_000, timeoutMs: 5_000, onTimeout: "fail" } as const;
  const after = (elapsedMs: number, part: object = {}) =>
    decideAttempt({ type: "again" }, used, retries, {
      ...calm,
      poll: { spec: { ...poll, ...part }, elapsedMs },
    });

  test("a wait uses up neither retries nor crashes", () => {
    const outcome: AttemptOutcome = { type: "suspended", waits: [], blockedOn: ["sleep 1"] };
    expect(decideAttempt(outcome, used, retries, calm)).toEqual({ ...used, state: "suspended" });
    expect(decideAttempt(outcome, used, retries, cancelling).state).toBe("cancelled");
  });

  test("a handler that finds nothing to do is skipped, also while its run is cancelled", () => {
    const outcome: AttemptOutcome = { type: "skipped", reason: "nothing new" };
    const skipped = { ...used, state: "skipped", reason: "nothing new" };
    expect(decideAttempt(outcome, used, retries, calm)).toEqual(skipped);
    expect(decideAttempt(outcome, used, retries, cancelling)).toEqual(skipped);
  });

  test.each([
    [0, {}, { state: "waiting", delayMs: 1_000, error: null }],
    [4_500, {}, { state: "waiting", delayMs: 500, error: null }],
    [5_000, {}, { state: "failed", error: { reason: "timeout" } }],
    [5_000, { onTimeout: "skip" }, { state: "skipped" }],
    [1e12, { timeoutMs: null }, { state: "waiting", delayMs: 1_000 }],
  ])("a poll that is not content after %i ms, with %j, is %j", (elapsedMs, part, decision) => {
    expect(after(elapsedMs, part)).toMatchObject({ ...used, ...decision });
  });

  test("a poll whose run is cancelled asks no more", () => {
    const decision = decideAttempt({ type: "again" }, used, retries, cancelling);
    expect(decision).toEqual({ ...used, state: "cancelled" });
  });
});

describe("once it was asked to stop", () => {
  const cancelled = { state: "cancelled", reason: "a failed, and group g fails fast" } as const;
  const timedOut = { state: "failed", reason: "group g timed out after 5m" } as const;
  const stopping = (stop: TaskStop) => ({ ...calm, stop });

  test.each(["lost", "released", "cancelled", "again"] as const)("%s ends it as asked", (type) => {
    const decide = (stop: TaskStop) => decideAttempt({ type }, fresh, retries, stopping(stop));
    expect(decide(cancelled)).toMatchObject(cancelled);
    expect(decide(timedOut)).toMatchObject({
      state: "failed",
      error: { message: timedOut.reason, reason: "timeout" },
    });
  });

  test("a success is kept, and a failure of its own is not tried again", () => {
    const success: AttemptOutcome = { type: "succeeded", output: 1, updates: [], events: [] };
    expect(decideAttempt(success, fresh, retries, stopping(timedOut)).state).toBe("succeeded");
    const decision = decideAttempt(failed, fresh, retries, stopping(cancelled));
    expect(decision).toMatchObject({ state: "failed", error: { reason: "error" } });
  });

  test("the cancel of its run goes before it", () => {
    const context = { ...cancelling, stop: timedOut };
    const decision = decideAttempt({ type: "cancelled" }, fresh, retries, context);
    expect(decision.state).toBe("cancelled");
  });
});

describe("while its run is being cancelled", () => {
  test("a success is kept", () => {
    const outcome: AttemptOutcome = { type: "succeeded", output: 1, updates: [], events: [] };
    expect(decideAttempt(outcome, fresh, retries, cancelling).state).toBe("succeeded");
  });

  test("nothing is tried again", () => {
    expect(decideAttempt(failed, fresh, retries, cancelling).state).toBe("failed");
    expect(decideAttempt({ type: "lost" }, fresh, retries, cancelling).state).toBe("cancelled");
    expect(decideAttempt({ type: "released" }, fresh, retries, cancelling).state).toBe("cancelled");
  });
});

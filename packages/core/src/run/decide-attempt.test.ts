import { describe, expect, test } from "vitest";
import { CRASHES_MAX, decideAttempt } from "./decide-attempt.ts";
import type { AttemptOutcome } from "./outcome.ts";

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

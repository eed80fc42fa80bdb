import { expect, test } from "vitest";
import { renewLease } from "./lease-renewal.ts";

type Answer = "renewed" | "lapsed" | "fails" | "hangs";

/**
 * A lease of 3 seconds in a world where time passes only by sleeping, and where the n-th renewal
 * takes `tookMs` and is answered by the n-th answer, the last one again and again.
 */
function renewing(
  answers: readonly Answer[],
  { tookMs = 0, untilMs = 20_000, frozenAtMs = Infinity } = {},
) {
  let nowMs = 0;
  let kept = 0;
  const sentAtMs: number[] = [];
  const stop = new AbortController();
  const loss = renewLease(
    3_000,
    {
      nowMs: () => nowMs,
      renew: async () => {
        const answer = answers[Math.min(sentAtMs.length, answers.length - 1)];
        sentAtMs.push(nowMs);
        if (answer === "hangs") await new Promise(() => {});
        nowMs += tookMs;
        if (answer === "fails") throw new Error("no connection");
        return answer === "renewed";
      },
      sleep: async (ms, signal) => {
        // Whatever else is ready goes first: in this world an answer is always quicker.
        for (let i = 0; i < 10; i += 1) await Promise.resolve();
        if (signal.aborted) return;
        nowMs += Math.max(0, ms);
        if (nowMs >= frozenAtMs) nowMs += 60_000;
        if (nowMs >= untilMs) stop.abort();
      },
      onKept: () => void (kept += 1),
    },
    stop.signal,
  );
  return { loss, sentAtMs, now: () => nowMs, kept: () => kept };
}

test("a lease is renewed every third of its length until it is stopped", async () => {
  const { loss, sentAtMs, kept } = renewing(["renewed"], { untilMs: 4_500 });
  expect(await loss).toBeNull();
  expect(sentAtMs).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  expect(kept()).toBe(1);
});

test("a lease that had lapsed is lost at once", async () => {
  const { loss, sentAtMs, kept } = renewing(["renewed", "renewed", "lapsed"]);
  expect(await loss).toEqual({ reason: "it had lapsed in the database", wasAway: false });
  expect(sentAtMs).toHaveLength(3);
  expect(kept()).toBe(1);
});

test("failed renewals are repeated quickly, and one that works makes up for them", async () => {
  const answers: Answer[] = ["renewed", "fails", "fails", "renewed"];
  const { loss, sentAtMs } = renewing(answers, { untilMs: 3_500 });
  expect(await loss).toBeNull();
  expect(sentAtMs).toEqual([0, 1_000, 1_300, 1_600, 2_600]);
});

test("when no renewal works in time, the lease is lost when it runs out and not later", async () => {
  const { loss, now } = renewing(["renewed", "fails"]);
  expect(await loss).toEqual({
    reason: "it could not be renewed before it ran out: Error: no connection",
    wasAway: true,
  });
  expect(now()).toBe(3_000);
});

test("a renewal counts from when it was sent, not from when it was answered", async () => {
  const { loss, now } = renewing(["renewed", "renewed", "hangs"], { tookMs: 400 });
  expect(await loss).toEqual({
    reason: "it could not be renewed before it ran out: the database did not answer",
    wasAway: true,
  });
  expect(now()).toBe(1_000 + 3_000);
});

test("a renewal that hangs does not keep the owner from knowing", async () => {
  const { loss, now } = renewing(["hangs"]);
  expect(await loss).toEqual({
    reason: "it could not be renewed before it ran out: the database did not answer",
    wasAway: true,
  });
  expect(now()).toBe(3_000);
});

test("a process that was stopped for longer than its lease does not blame the database", async () => {
  const { loss, sentAtMs } = renewing(["renewed"], { untilMs: Infinity, frozenAtMs: 2_000 });
  expect(await loss).toEqual({
    reason: "it could not be renewed before it ran out: this process was stopped for too long",
    wasAway: false,
  });
  expect(sentAtMs).toEqual([0, 1_000]);
});

import type { OutDelivery } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { afterAnswer, nextDelivery, retryAfterMs, WEBHOOK_POLICY } from "./decide-delivery.ts";
import type { OutAnswer } from "./out-http.ts";

const NOW = Date.parse("2026-11-21T02:00:00Z");
const fresh: OutDelivery = {
  id: 1,
  subscriber: "crm",
  message: { contentType: "application/json", headers: {}, body: "{}" },
  createdAt: NOW,
  failures: 0,
  dueAt: NOW,
  takenAt: NOW,
  fence: 1,
};
const answered = (status: number, retryAfter: string | null = null): OutAnswer => ({
  type: "answered",
  status,
  retryAfter,
  body: " try\nlater ",
});
const chance = { now: NOW, u: 0.5, policy: WEBHOOK_POLICY };

test.each([200, 202, 204, 299])("an answer of %d has delivered it", (status) => {
  expect(afterAnswer(fresh, answered(status), chance)).toEqual({ type: "delivered", status });
});

test.each([199, 301, 307, 400, 401, 404, 429, 500, 502, 503])(
  "an answer of %d is tried again, and says why",
  (status) => {
    expect(afterAnswer(fresh, answered(status), chance)).toEqual({
      type: "retry",
      dueAt: NOW + 3_750,
      reason: `it answered ${status}: try later`,
    });
  },
);

test.each([400, 413, 415, 422])(
  "an answer of %d refuses the message itself, which holds the next ones no longer than five times",
  (status) => {
    const fourth = { ...fresh, failures: 3 };
    expect(afterAnswer(fourth, answered(status), chance)).toMatchObject({ type: "retry" });
    expect(afterAnswer({ ...fresh, failures: 4 }, answered(status), chance)).toEqual({
      type: "dead",
      reason: `it answered ${status}: try later; it refuses the message itself, 5 attempts failed`,
    });
  },
);

test.each([401, 403, 404, 408, 409, 429, 500])(
  "an answer of %d does not: somebody may mend that",
  (status) => {
    const late = { ...fresh, failures: 4 };
    expect(afterAnswer(late, answered(status), chance)).toMatchObject({ type: "retry" });
  },
);

test("no answer is tried again", () => {
  const answer = { type: "unreachable", reason: "connection refused" } as const;
  expect(afterAnswer(fresh, answer, chance)).toMatchObject({
    type: "retry",
    reason: "no answer: connection refused",
  });
});

test("what a receiver says stands on one line, and commands no terminal", () => {
  const said = "connection\r\nrefused \u001b[31m\u202e";
  const answer = { type: "unreachable", reason: said } as const;
  expect(afterAnswer(fresh, answer, chance)).toMatchObject({
    reason: "no answer: connection refused [31m",
  });
});

test("a receiver that is gone gets nothing more", () => {
  expect(afterAnswer(fresh, answered(410), chance)).toMatchObject({ type: "gone" });
});

test("the last attempt that fails makes it a dead letter", () => {
  const last = { ...fresh, failures: WEBHOOK_POLICY.attemptsMax - 1 };
  expect(afterAnswer(last, answered(500), chance)).toEqual({
    type: "dead",
    reason: "it answered 500: try later; 16 attempts failed",
  });
});

test("what waited too long behind others gets one attempt and no more", () => {
  const old = { ...fresh, createdAt: NOW - WEBHOOK_POLICY.ageMsMax };
  expect(afterAnswer(old, answered(200), chance)).toMatchObject({ type: "delivered" });
  expect(afterAnswer(old, answered(500), chance)).toMatchObject({ type: "dead" });
});

test.each([
  ["120", 120_000],
  [" 0 ", 0],
  ["Sat, 21 Nov 2026 02:00:30 GMT", 30_000],
  ["Sat, 21 Nov 2026 01:00:00 GMT", 0],
  ["-5", 0],
  ["1e9", 0],
  ["soon", 0],
  ["99999999999999999999", 0],
  [null, 0],
])("a receiver that says %j asks for %d ms", (text, ms) => {
  expect(retryAfterMs(text, NOW)).toBe(ms);
});

test("what a receiver asks for is kept, up to the longest delay", () => {
  const due = (retryAfter: string): unknown =>
    afterAnswer(fresh, answered(429, retryAfter), chance);
  expect(due("60")).toMatchObject({ dueAt: NOW + 60_000 });
  expect(due("999999999")).toMatchObject({ dueAt: NOW + WEBHOOK_POLICY.delayMsMax });
});

test("however long a receiver fails, a message ends within its attempts and its time", () => {
  const failure = fc.oneof(
    fc.record({ status: fc.integer({ min: 300, max: 599 }), after: fc.option(fc.nat(10 ** 8)) }),
    fc.constant(null),
  );
  fc.assert(
    fc.property(
      fc.infiniteStream(failure),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (failures, samples) => {
        let delivery = fresh;
        let now = NOW;
        for (let attempts = 1; ; attempts++) {
          const said = failures.next().value;
          const answer: OutAnswer =
            said === null
              ? { type: "unreachable", reason: "reset" }
              : answered(said.status, said.after === null ? null : `${said.after}`);
          const u = samples.next().value;
          const result = afterAnswer(delivery, answer, { now, u, policy: WEBHOOK_POLICY });
          expect(attempts).toBeLessThanOrEqual(WEBHOOK_POLICY.attemptsMax);
          if (result.type !== "retry") {
            expect(["dead", "gone"]).toContain(result.type);
            return;
          }
          expect(result.dueAt, "the next is later").toBeGreaterThan(now);
          expect(result.dueAt - NOW).toBeLessThanOrEqual(WEBHOOK_POLICY.ageMsMax);
          now = result.dueAt;
          delivery = { ...delivery, failures: delivery.failures + 1, dueAt: result.dueAt };
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  [{ isClosed: false, head: null, takenUntil: null }, { type: "idle" }],
  [{ isClosed: true, head: fresh, takenUntil: null }, { type: "idle" }],
  [
    { isClosed: false, head: fresh, takenUntil: null },
    { type: "send", delivery: fresh },
  ],
  [
    { isClosed: false, head: { ...fresh, dueAt: NOW + 5 }, takenUntil: null },
    { type: "wait", until: NOW + 5 },
  ],
  [
    { isClosed: false, head: fresh, takenUntil: NOW + 9 },
    { type: "wait", until: NOW + 9 },
  ],
  [
    { isClosed: false, head: fresh, takenUntil: NOW },
    { type: "send", delivery: fresh },
  ],
] as const)("a lane %# goes on as it stands", (lane, next) => {
  expect(nextDelivery(lane, NOW)).toEqual(next);
});

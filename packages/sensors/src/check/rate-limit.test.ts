import fc from "fast-check";
import { expect, test } from "vitest";
import { admitRequest, fullRate, type Rate } from "./rate-limit.ts";

const rate: Rate = { perSecond: 2, burst: 3 };

test("a burst is admitted at once, and no more", () => {
  let state = fullRate(rate, 0);
  const admitted = Array.from({ length: 5 }, () => {
    const decision = admitRequest(rate, state, 0);
    ({ state } = decision);
    return decision.admitted;
  });
  expect(admitted).toEqual([true, true, true, false, false]);
});

test("who is refused is admitted after the wait that it is told", () => {
  const refused = admitRequest(rate, { tokens: 0.25, at: 1_000 }, 1_000);
  expect(refused).toMatchObject({ admitted: false, waitMs: 375 });
  expect(admitRequest(rate, refused.state, 1_374).admitted).toBe(false);
  expect(admitRequest(rate, refused.state, 1_375).admitted).toBe(true);
});

test("a clock that goes back brings nothing", () => {
  const back = admitRequest(rate, { tokens: 0, at: 10_000 }, 0);
  expect(back.admitted).toBe(false);
  expect(admitRequest(rate, back.state, 10_000).admitted).toBe(false);
});

test("in no span are more admitted than the burst and the rate allow", () => {
  const step = fc.integer({ min: 0, max: 2_000 });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, burst) => {
        const given = { perSecond: 3, burst };
        let state = fullRate(given, 0);
        let nowMs = 0;
        const admittedAt: number[] = [];
        for (const ms of steps) {
          nowMs += ms;
          const decision = admitRequest(given, state, nowMs);
          ({ state } = decision);
          if (decision.admitted) admittedAt.push(nowMs);
        }
        for (const [first, from] of admittedAt.entries())
          for (const [last, until] of admittedAt.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(
                burst + (3 * (until - from)) / 1_000 + 1e-6,
              );
      },
    ),
    { numRuns: 50 },
  );
});

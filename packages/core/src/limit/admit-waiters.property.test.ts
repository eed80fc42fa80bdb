import fc from "fast-check";
import { expect, test } from "vitest";
import { admitWaiters, type LimitRoom, type LimitWaiter } from "./admit-waiters.ts";

const LIMITS = 4;

const room = fc.record({
  capacity: fc.option(fc.integer({ min: 0, max: 6 }), { nil: null, freq: 8 }),
  taken: fc.integer({ min: 0, max: 8 }),
  isHeld: fc.boolean(),
});
const rooms = fc
  .array(room, { minLength: LIMITS, maxLength: LIMITS })
  .map((all) => new Map(all.map((each, id) => [id, each])));
const wants = fc.uniqueArray(
  fc.record({
    limitId: fc.integer({ min: 0, max: LIMITS - 1 }),
    slots: fc.integer({ min: 1, max: 8 }),
  }),
  { selector: ({ limitId }) => limitId, maxLength: 3 },
);
const waiters = fc.array(wants, { maxLength: 25 }).map(toWaiters);

function toWaiters(all: readonly LimitWaiter["wants"][]): LimitWaiter[] {
  return all.map((each, id) => ({ id, wants: each }));
}

function takenBy(given: readonly LimitWaiter[], limitId: number, capacity: number): number {
  return given
    .flatMap((waiter) => waiter.wants.filter((want) => want.limitId === limitId))
    .reduce((sum, { slots }) => sum + Math.min(slots, capacity), 0);
}

test("no limit is ever exceeded by what is given, and nothing is given without its lock", () => {
  fc.assert(
    fc.property(rooms, waiters, (limits, all) => {
      const { admitted } = admitWaiters(limits, all);
      const given = all.filter(({ id }) => admitted.includes(id));
      for (const [limitId, { capacity, taken, isHeld }] of limits) {
        const used = takenBy(given, limitId, capacity ?? 0);
        const touched = given.some((waiter) => waiter.wants.some((w) => w.limitId === limitId));
        if (touched) expect(isHeld).toBe(true);
        if (capacity !== null && touched) {
          expect(capacity).toBeGreaterThan(0);
          expect(taken + used).toBeLessThanOrEqual(capacity);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test("whoever waits lacks room on a limit, and nobody behind it got any of that limit", () => {
  fc.assert(
    fc.property(rooms, waiters, (limits, all) => {
      const { admitted, waiting } = admitWaiters(limits, all);
      for (const { id, limitId } of waiting) {
        const behind = all.filter((waiter) => waiter.id > id && admitted.includes(waiter.id));
        expect(behind.some((waiter) => waiter.wants.some((w) => w.limitId === limitId))).toBe(
          false,
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test("nobody waits on a limit that has room for it and for all who are ahead of it", () => {
  fc.assert(
    fc.property(rooms, waiters, (limits, all) => {
      const { waiting } = admitWaiters(limits, all);
      for (const { id, limitId } of waiting) {
        const { capacity, taken } = limits.get(limitId) as LimitRoom;
        const upTo = all.filter((waiter) => waiter.id <= id);
        const all_ = takenBy(upTo, limitId, capacity ?? 0);
        expect(capacity).not.toBeNull();
        expect(capacity === 0 || taken + all_ > (capacity ?? Infinity)).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("every waiter is decided: it gets its slots, waits, or is left to whoever holds the lock", () => {
  fc.assert(
    fc.property(rooms, waiters, (limits, all) => {
      const { admitted, waiting, laterLimitIds } = admitWaiters(limits, all);
      const decided = new Set([...admitted, ...waiting.map(({ id }) => id)]);
      for (const { id, wants: wanted } of all) {
        if (decided.has(id)) continue;
        expect(wanted.some(({ limitId }) => laterLimitIds.includes(limitId))).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Holders end one after the other while smaller requests keep coming in behind. */
test("a request for a whole limit is served, however many small ones follow it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 }),
      (capacity, small) => {
        let held: number[] = Array.from({ length: capacity }, () => 1);
        let line = [capacity];
        for (let turn = 0; turn <= capacity; turn++) {
          line = [...line, ...small];
          const taken = held.reduce((sum, slots) => sum + slots, 0);
          const limits = new Map([[0, { capacity, taken, isHeld: true }]]);
          const all = line.map((slots, id) => ({ id, wants: [{ limitId: 0, slots }] }));
          const { admitted } = admitWaiters(limits, all);
          if (admitted.includes(0)) return;
          expect(admitted).toEqual([]);
          held = held.slice(1);
        }
        expect.fail("it was never served");
      },
    ),
  );
});

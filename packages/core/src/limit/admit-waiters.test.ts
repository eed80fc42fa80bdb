import { expect, test } from "vitest";
import { admitWaiters, type LimitRoom } from "./admit-waiters.ts";

const room = (capacity: number | null, taken = 0): LimitRoom => ({ capacity, taken, isHeld: true });
const wants = (id: number, ...all: readonly (readonly [number, number])[]) => ({
  id,
  wants: all.map(([limitId, slots]) => ({ limitId, slots })),
});

test("a large request is not overtaken on its limit by a small one that would fit", () => {
  const decided = admitWaiters(new Map([[1, room(5, 3)]]), [wants(10, [1, 3]), wants(11, [1, 1])]);
  expect(decided.admitted).toEqual([]);
  expect(decided.waiting).toEqual([
    { id: 10, limitId: 1, ahead: 0 },
    { id: 11, limitId: 1, ahead: 1 },
  ]);
});

test("who waits at one limit does not hold up those who only share another with it", () => {
  const rooms = new Map([
    [1, room(1, 1)],
    [2, room(2)],
  ]);
  const decided = admitWaiters(rooms, [
    wants(10, [1, 1], [2, 1]),
    wants(11, [2, 1]),
    wants(12, [2, 1]),
  ]);
  expect(decided.admitted).toEqual([11, 12]);
});

test("one that asks for more than there is gets all of it, alone", () => {
  expect(admitWaiters(new Map([[1, room(3, 1)]]), [wants(10, [1, 9])]).admitted).toEqual([]);
  const alone = admitWaiters(new Map([[1, room(3)]]), [wants(10, [1, 9]), wants(11, [1, 1])]);
  expect(alone.admitted).toEqual([10]);
});

test("a limit of nothing lets nobody in, and one that is no limit everybody", () => {
  expect(admitWaiters(new Map([[1, room(0)]]), [wants(10, [1, 1])]).admitted).toEqual([]);
  expect(admitWaiters(new Map([[1, room(null, 99)]]), [wants(10, [1, 1])]).admitted).toEqual([10]);
});

test("more slots taken than there are, after the limit was lowered, lets nobody in", () => {
  expect(admitWaiters(new Map([[1, room(2, 5)]]), [wants(10, [1, 1])]).admitted).toEqual([]);
});

test("what is not ours to give is kept, and somebody else is asked to look", () => {
  const rooms = new Map([
    [1, room(1)],
    [2, { ...room(1), isHeld: false }],
  ]);
  const decided = admitWaiters(rooms, [wants(10, [1, 1], [2, 1]), wants(11, [1, 1])]);
  expect(decided.admitted).toEqual([]);
  expect(decided.laterLimitIds).toEqual([1, 2]);
  expect(decided.waiting).toEqual([{ id: 11, limitId: 1, ahead: 0 }]);
});

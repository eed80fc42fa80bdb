import { expect, test } from "vitest";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";

class DataError extends Error {}

interface Flush {
  readonly items: readonly number[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** A group commit whose flushes wait in a list until the test answers them: `n` becomes `n * 10`. */
function byHand(options: Partial<GroupCommitOptions<number, number>> = {}) {
  const flushes: Flush[] = [];
  const delaysMs: number[] = [];
  const group = new GroupCommit<number, number>({
    flush: (items) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
      const answer = (): void => resolve(items.map((item) => item * 10));
      flushes.push({ items, answer, fail: reject });
      return promise;
    },
    keyOf: (item) => item,
    isDataError: (error) => error instanceof DataError,
    delay: async (ms) => void delaysMs.push(ms),
    random: () => 0,
    lanes: 1,
    ...options,
  });
  return { group, flushes, delaysMs, at: (index: number) => flushes[index] as Flush };
}

/** Lets everything happen that can happen without a flush being answered. */
async function turn(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
}

test("at rest, an item is flushed at once; what comes meanwhile is flushed together", async () => {
  const { group, flushes, at } = byHand();
  const first = group.submit(1);
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1]]);
  const rest = [group.submit(2), group.submit(3)];
  await turn();
  expect(flushes).toHaveLength(1);
  at(0).answer();
  await expect(first).resolves.toBe(10);
  await turn();
  expect(at(1).items).toEqual([2, 3]);
  at(1).answer();
  await expect(Promise.all(rest)).resolves.toEqual([20, 30]);
});

test("what is submitted together is flushed together, up to the limit of a flush", async () => {
  const { group, flushes, at } = byHand({ flushMax: 2 });
  const all = Promise.all([1, 2, 3].map((item) => group.submit(item)));
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1, 2]]);
  at(0).answer();
  await turn();
  expect(at(1).items).toEqual([3]);
  at(1).answer();
  await expect(all).resolves.toEqual([10, 20, 30]);
});

test("equal keys stay in one lane; other lanes do not wait for it", async () => {
  const { group, flushes, at } = byHand({ lanes: 2, keyOf: (item) => item % 10 });
  const one = group.submit(1);
  await turn();
  const eleven = group.submit(11);
  const two = group.submit(2);
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([[1], [2]]);
  at(1).answer();
  await expect(two).resolves.toBe(20);
  await turn();
  expect(flushes).toHaveLength(2);
  at(0).answer();
  await one;
  await turn();
  expect(at(2).items).toEqual([11]);
  at(2).answer();
  await expect(eleven).resolves.toBe(110);
});

test("a data error rejects its culprit alone, and everything else is committed once", async () => {
  const committed: number[] = [];
  const { group } = byHand({
    flush: async (items) => {
      if (items.includes(5)) throw new DataError("5 cannot be");
      committed.push(...items);
      return items.map((item) => item * 10);
    },
  });
  const all = Array.from({ length: 9 }, (_, item) => group.submit(item));
  const settled = await Promise.allSettled(all);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(settled[5]).toMatchObject({ status: "rejected", reason: { message: "5 cannot be" } });
  expect(committed).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
});

test("any other error repeats the whole flush, ever more slowly", async () => {
  const { group, flushes, delaysMs, at } = byHand();
  const all = Promise.all([group.submit(1), group.submit(2)]);
  await turn();
  at(0).fail(new Error("connection lost"));
  await turn();
  at(1).fail(new Error("connection lost"));
  await turn();
  at(2).answer();
  await expect(all).resolves.toEqual([10, 20]);
  expect(flushes.map(({ items }) => items)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(delaysMs).toEqual([25, 50]);
});

test("after the last retry all of the flush is rejected, and the lane goes on", async () => {
  let broken = true;
  const { group, delaysMs } = byHand({
    retriesMax: 3,
    flush: async (items) => {
      if (broken) throw new Error("connection lost");
      return items;
    },
  });
  const all = await Promise.allSettled([group.submit(1), group.submit(2)]);
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(delaysMs).toHaveLength(3);
  broken = false;
  await expect(group.submit(3)).resolves.toBe(3);
});

test("a wrong number of results is a bug, and is not tried again", async () => {
  const { group, delaysMs } = byHand({ flush: async () => [] });
  await expect(group.submit(1)).rejects.toThrow("one result for each item");
  expect(delaysMs).toEqual([]);
});

test("what does not fit any more is refused", async () => {
  const { group, at } = byHand({ waitingMax: 1 });
  const first = group.submit(1);
  await turn();
  const second = group.submit(2);
  await expect(group.submit(3)).rejects.toThrow("1 items wait");
  at(0).answer();
  await first;
  await turn();
  at(1).answer();
  await expect(second).resolves.toBe(20);
});

test("idle waits for what is in flight and for what waits behind it", async () => {
  const { group, at } = byHand();
  void group.submit(1);
  await turn();
  void group.submit(2);
  let idle = false;
  const waited = group.idle().then(() => void (idle = true));
  at(0).answer();
  await turn();
  expect(idle).toBe(false);
  at(1).answer();
  await waited;
  expect(idle).toBe(true);
});

import type { Bell, BellQueue, Channel, Listener, ReadyTask } from "@millrace/core/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A queue to test. */
export interface QueueSubject {
  /** The queue as one more process sees it; within one process always the same. */
  readonly open: () => BellQueue;
  readonly destroy: () => Promise<void>;
}

export interface QueueContractOptions<S extends QueueSubject> {
  /** A fresh queue, that nobody has rung or hears, for each test. */
  readonly create: () => Promise<S>;
  /** Takes the service behind the queue away for good. Absent when there is none. */
  readonly loseService?: (subject: S) => Promise<void>;
}

/** The behaviour that every {@link BellQueue} promises. One suite, run against each of them. */
export function queueContract<S extends QueueSubject>(
  name: string,
  options: QueueContractOptions<S>,
): void {
  describe(`BellQueue contract: ${name}`, () => {
    let subject: S;
    let opened: BellQueue[];
    const open = (): BellQueue => {
      const queue = subject.open();
      opened.push(queue);
      return queue;
    };
    beforeEach(async () => {
      subject = await options.create();
      opened = [];
    });
    afterEach(async () => {
      await Promise.all([...new Set(opened)].map((queue) => queue.close()));
      await subject.destroy();
    });

    test("every bell is heard, with its tasks, whether it was rung before or after", async () => {
      const queue = open();
      const bells = [bell(RED, 1), bell(RED, 2, 3, 4), ...range(5, 60).map((id) => bell(RED, id))];
      expect(await queue.ring(bells.slice(0, 20))).toBe(true);
      const ear = await listen(open(), [RED]);
      expect(await queue.ring(bells.slice(20))).toBe(true);
      await ear.heardAll(range(1, 60));
      expect(ear.bells).toContainEqual(bell(RED, 2, 3, 4));
    });

    test("a bell is heard on its own channel and on no other", async () => {
      const alike: Channel = { queue: "red/v1", version: "" };
      const other: Channel = { queue: "red", version: "v2" };
      const ear = await listen(open(), [RED]);
      const stranger = await listen(open(), [alike, other]);
      await open().ring([bell(RED, 1), bell(alike, 2), bell(other, 3), bell(RED, 4)]);
      await Promise.all([ear.heardAll([1, 4]), stranger.heardAll([2, 3])]);
      expect(new Set(ear.taskIds())).toEqual(new Set([1, 4]));
      expect(new Set(stranger.taskIds())).toEqual(new Set([2, 3]));
    });

    test("a listener of many channels tells on which it heard", async () => {
      const ear = await listen(open(), [RED, BLUE]);
      await open().ring([bell(BLUE, 1), bell(RED, 2)]);
      await ear.heardAll([1, 2]);
      expect(ear.bells.toSorted(byFirstTask)).toEqual([bell(BLUE, 1), bell(RED, 2)]);
    });

    test("of two listeners of a channel, the idle one hears what the busy one cannot", async () => {
      const busy = await listen(open(), [RED]);
      const queue = open();
      await queue.ring([bell(RED, 1)]);
      await busy.heardAll([1]);
      await settle(queue); // It now waits for the next bell, in whatever way it waits.
      busy.listener.pause();
      const idle = await listen(open(), [RED]);
      await queue.ring(range(2, 20).map((id) => bell(RED, id)));
      await idle.heardAll(range(2, 20));
      expect(busy.taskIds()).toEqual([1]);
    });

    test("two listeners share: each hears some, and together they miss nothing", async () => {
      const bothAnswer = Promise.withResolvers<void>();
      const ears: Ear[] = [];
      // Each keeps its first bell in hand, and takes no other, until the other has one, too.
      const keepFirst = async (ear: Ear): Promise<void> => {
        if (ear.bells.length > 1) return;
        ear.listener.pause();
        if (ears.every(({ bells }) => bells.length > 0)) bothAnswer.resolve();
        await bothAnswer.promise;
        ear.listener.resume();
      };
      ears.push(await listen(open(), [RED], keepFirst), await listen(open(), [RED], keepFirst));
      await open().ring(range(1, 50).map((id) => bell(RED, id)));
      await bothAnswer.promise;
      await expect
        .poll(() => new Set(ears.flatMap((ear) => ear.taskIds())).size, { timeout: 5_000 })
        .toBe(50);
    });

    test("a paused listener takes nothing, and hears it all when it goes on", async () => {
      const ear = await listen(open(), [RED]);
      const queue = open();
      await queue.ring([bell(RED, 1)]);
      await ear.heardAll([1]);
      await settle(queue);
      ear.listener.pause();
      await queue.ring(range(2, 30).map((id) => bell(RED, id)));
      await settle(queue);
      expect(ear.taskIds()).toEqual([1]);
      ear.listener.resume();
      await ear.heardAll(range(1, 30));
    });

    test("a listener that pauses as it begins to answer takes nothing more", async () => {
      const ear = await listen(open(), [RED], async ({ listener }) => listener.pause());
      const queue = open();
      await queue.ring(range(1, 30).map((id) => bell(RED, id)));
      await expect.poll(() => ear.bells.length).toBe(1);
      const other = await listen(open(), [RED]);
      const rest = range(1, 30).filter((id) => !ear.taskIds().includes(id));
      await other.heardAll(rest);
      expect(ear.bells).toHaveLength(1);
    });

    test("pausing and resuming, however often, loses no bell", async () => {
      const ear = await listen(open(), [RED], async ({ listener }) => {
        listener.pause();
        await Promise.resolve();
        listener.resume();
      });
      const queue = open();
      for (const id of range(1, 40)) {
        await queue.ring([bell(RED, id)]);
        ear.listener.pause();
        ear.listener.resume();
      }
      await ear.heardAll(range(1, 40));
    });

    test("a task that is rung again is heard while its earlier bell is being answered", async () => {
      const release = Promise.withResolvers<void>();
      const ear = await listen(open(), [RED], () => release.promise);
      const queue = open();
      await queue.ring([{ channel: RED, tasks: [{ taskRunId: 7, attempt: 1, ring: 0 }] }]);
      await ear.heardAll([7]);
      await queue.ring([{ channel: RED, tasks: [{ taskRunId: 7, attempt: 1, ring: 1 }] }]);
      await expect.poll(() => ear.bells.map(({ tasks }) => tasks[0]?.ring)).toEqual([0, 1]);
      release.resolve();
    });

    test("an answer that fails does not deafen the listener", async () => {
      const ear = await listen(open(), [RED], async ({ bells }) => {
        if (bells.length <= 2) throw new Error("the store is away");
      });
      const queue = open();
      for (const id of range(1, 3)) {
        await queue.ring([bell(RED, id)]);
        await ear.heardAll([id]);
      }
    });

    test("a listener that stops hears no more, and leaves every bell to others", async () => {
      const leaving = await listen(open(), [RED]);
      const queue = open();
      const ringing = range(1, 60).map((id) => queue.ring([bell(RED, id)]));
      await leaving.heardAll([1]);
      await leaving.listener.stop();
      const heardBefore = leaving.taskIds();
      const staying = await listen(open(), [RED]);
      await Promise.all(ringing);
      await staying.heardAll(range(1, 60).filter((id) => !heardBefore.includes(id)));
      leaving.listener.resume();
      await queue.ring([bell(RED, 61)]);
      await staying.heardAll([61]);
      expect(leaving.taskIds()).toEqual(heardBefore);
    });

    test("closing waits for no answer that never ends, and rings nothing after", async () => {
      const queue = open();
      const ear = await listen(queue, [RED], () => new Promise(() => {}));
      await queue.ring([bell(RED, 1)]);
      await ear.heardAll([1]);
      const began = performance.now();
      await queue.close();
      expect(performance.now() - began).toBeLessThan(CLOSE_MS_MAX);
      expect(await queue.ring([bell(RED, 2)])).toBe(false);
    });

    const { loseService } = options;
    if (loseService === undefined) return;
    test("without its service a bell is refused in time, and closing does not hang", async () => {
      const queue = open();
      const ear = await listen(queue, [RED]);
      await queue.ring([bell(RED, 1)]);
      await ear.heardAll([1]);
      await loseService(subject);
      for (const id of range(2, 4)) {
        const began = performance.now();
        expect(await queue.ring([bell(RED, id)])).toBe(false);
        expect(performance.now() - began).toBeLessThan(RING_MS_MAX);
      }
      const began = performance.now();
      await queue.close();
      expect(performance.now() - began).toBeLessThan(CLOSE_MS_MAX);
    });
  });
}

const RED: Channel = { queue: "red", version: "v1" };
const BLUE: Channel = { queue: "blue: a/b", version: "v1" };
const WITNESS: Channel = { queue: "witness", version: "v1" };
/** The port's 250 ms, and what a busy machine adds. */
const RING_MS_MAX = 500;
const CLOSE_MS_MAX = 2_500;

interface Ear {
  readonly listener: Listener;
  readonly bells: Bell[];
  readonly taskIds: () => readonly number[];
  /** Resolves when each of these tasks has been heard of at least once. */
  readonly heardAll: (taskIds: readonly number[]) => Promise<void>;
}

async function listen(
  queue: BellQueue,
  channels: readonly Channel[],
  answer: (ear: Ear) => Promise<void> = async () => {},
): Promise<Ear> {
  const bells: Bell[] = [];
  const waiting = new Set<() => void>();
  const taskIds = (): readonly number[] =>
    bells.flatMap(({ tasks }) => tasks.map((task) => task.taskRunId));
  const heardAll = (ids: readonly number[]): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        const heard = new Set(taskIds());
        if (!ids.every((id) => heard.has(id))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const listener = await queue.listen({
    channels,
    answer: async (heard) => {
      bells.push(heard);
      for (const look of waiting) look();
      await answer(ear);
    },
  });
  const ear: Ear = { listener, bells, taskIds, heardAll };
  return ear;
}

/** Time for what is under way to end: some bells there and back, on a channel of their own. */
async function settle(queue: BellQueue): Promise<void> {
  const ear = await listen(queue, [WITNESS]);
  for (const id of range(1, 20)) {
    await queue.ring([bell(WITNESS, id)]);
    await ear.heardAll([id]);
  }
  await ear.listener.stop();
}

function bell(channel: Channel, ...taskRunIds: readonly number[]): Bell {
  const tasks = taskRunIds.map((taskRunId): ReadyTask => ({ taskRunId, attempt: 1, ring: 0 }));
  return { channel, tasks };
}

function byFirstTask(a: Bell, b: Bell): number {
  return (a.tasks[0]?.taskRunId ?? 0) - (b.tasks[0]?.taskRunId ?? 0);
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

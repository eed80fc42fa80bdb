import { describe, expect, test } from "vitest";
import type { EventMessage, EventSource } from "./event-source.ts";
import { EventQueue } from "./event-queue.ts";

const NEVER = new AbortController().signal;
const ONE = { id: "1", body: "{}" };

function source(parts: Partial<EventSource> = {}): EventSource & { closed: number } {
  return {
    closed: 0,
    receive: () => Promise.resolve([ONE]),
    acknowledge: () => Promise.resolve(),
    close() {
      this.closed += 1;
      return Promise.resolve();
    },
    ...parts,
  };
}

/** A queue on these sources, one after another. */
function queueOf(...sources: readonly EventSource[]) {
  const rest = [...sources];
  let opened = 0;
  const queue = new EventQueue(() => {
    opened += 1;
    const next = rest.shift();
    return next === undefined ? Promise.reject(new Error("no more")) : Promise.resolve(next);
  });
  return { queue, opened: () => opened };
}

test("it opens its source when it is first wanted, and keeps it", async () => {
  const { queue, opened } = queueOf(source());
  expect(opened()).toBe(0);
  await queue.receive(NEVER);
  await queue.receive(NEVER);
  expect(opened()).toBe(1);
});

describe("after a failure", () => {
  test("of reading, it closes the source and opens it anew", async () => {
    const broken = source({ receive: () => Promise.reject(new Error("gone")) });
    const { queue, opened } = queueOf(broken, source());
    await expect(queue.receive(NEVER)).rejects.toThrow("gone");
    expect(broken.closed).toBe(1);
    expect(await queue.receive(NEVER)).toEqual([ONE]);
    expect(opened()).toBe(2);
  });

  test("of acknowledging, it says so, and opens it anew", async () => {
    const broken = source({ acknowledge: () => Promise.reject(new Error("gone")) });
    const { queue, opened } = queueOf(broken, source());
    expect(await queue.remove(await queue.receive(NEVER))).toEqual(["gone"]);
    expect(broken.closed).toBe(1);
    await queue.receive(NEVER);
    expect(opened()).toBe(2);
  });

  test("nothing is acknowledged to a source that did not hand it out", async () => {
    const { queue } = queueOf(source());
    const messages = await queue.receive(NEVER);
    await queue.close();
    expect(await queue.remove(messages)).toEqual(["the source is closed"]);
  });
});

describe("when it is told to stop", () => {
  test("an adapter that does not listen makes nobody wait, and is closed", async () => {
    const deaf = source({ receive: () => new Promise(() => undefined) });
    const { queue } = queueOf(deaf);
    const stopping = new AbortController();
    const received = queue.receive(stopping.signal);
    stopping.abort();
    await expect(received).rejects.toThrow("told to stop");
    expect(deaf.closed).toBe(1);
  });

  test("a source that opens after all is closed", async () => {
    const late = source();
    const opening = Promise.withResolvers<EventSource>();
    const queue = new EventQueue(() => opening.promise);
    const stopping = new AbortController();
    const received = queue.receive(stopping.signal);
    stopping.abort();
    await expect(received).rejects.toThrow("told to stop");
    opening.resolve(late);
    await expect.poll(() => late.closed).toBe(1);
  });
});

describe("an adapter that does not keep its word is refused:", () => {
  test.each<[string, readonly EventMessage[], string]>([
    ["too many", Array.from({ length: 1_001 }, (_, at) => ({ ...ONE, id: `${at}` })), "1001"],
    ["no id", [{ ...ONE, id: "" }], "without an id"],
    ["an id that is no text", [{ ...ONE, id: 7 as never }], "without an id"],
  ])("%s", async (_what, messages, problem) => {
    const { queue } = queueOf(source({ receive: () => Promise.resolve(messages) }));
    await expect(queue.receive(NEVER)).rejects.toThrow(problem);
  });
});

test("it can hold what its source can hold, while it is open", async () => {
  const extended: string[] = [];
  const hold = {
    everyMs: 5,
    extend: (messages: readonly EventMessage[]) =>
      Promise.resolve(void extended.push(...messages.map(({ id }) => id))),
  };
  const { queue } = queueOf(source({ hold }));
  expect(queue.hold).toBeUndefined();
  await queue.receive(NEVER);
  await queue.hold?.extend([ONE], NEVER);
  expect(extended).toEqual(["1"]);
});

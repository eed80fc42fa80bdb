import {
  type DatasetSpec,
  MillraceError,
  type ObservedObject,
  type PartitionScheme,
} from "@millrace/core/internal";
import { s3EventJson } from "@millrace/testing/s3-event-json";
import { describe, expect, test } from "vitest";
import { MemoryIntake } from "../../../../tests/harness/memory-intake.ts";
import { ObjectIntake, type ObjectSourceDeps } from "../intake/object-intake.ts";
import type { Pace } from "../source/pause.ts";
import type { SourceHealth } from "../source/source-health.ts";
import type { MessageHold, MessageQueue, QueueMessage } from "./message-queue.ts";
import { pollQueue } from "./poll-queue.ts";

const DAY: PartitionScheme = { kind: "day", start: "2026-01-01", timezone: "UTC" };
const RAW: DatasetSpec = {
  namespace: "ops",
  name: "raw",
  uri: "s3://lake/raw/{date}.csv",
  partitions: { date: DAY },
  metadata: null,
  observed: false,
};

/** A queue in memory. A message that is not removed comes again with the next receive. */
class MemoryQueue implements MessageQueue {
  readonly messages: QueueMessage[] = [];
  /** Those who can hold messages are asked for no others while the store is away. */
  hold?: MessageHold;
  received = 0;
  /** Called before each receive; throws to fail it. */
  before: () => void = () => undefined;
  beforeRemoval: () => readonly string[] = () => [];
  /** Resolves when the last message that was put has been removed. */
  emptied = Promise.withResolvers<void>();
  /** Resolves when somebody waits for messages. */
  readonly awaited = Promise.withResolvers<void>();
  readonly #waiting: (() => void)[] = [];

  put(...bodies: readonly string[]): void {
    this.emptied = Promise.withResolvers<void>();
    for (const body of bodies) this.messages.push({ body, receipt: String(this.messages.length) });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async receive(signal: AbortSignal): Promise<readonly QueueMessage[]> {
    this.received += 1;
    this.before();
    if (this.messages.length === 0) await this.#arrival(signal);
    return this.messages.slice(0, 10);
  }

  remove(messages: readonly QueueMessage[]): Promise<readonly string[]> {
    const failed = this.beforeRemoval();
    if (failed.length > 0) return Promise.resolve(failed);
    for (const message of messages) this.messages.splice(this.messages.indexOf(message), 1);
    if (this.messages.length === 0) this.emptied.resolve();
    return Promise.resolve([]);
  }

  #arrival(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.awaited.resolve();
    signal.addEventListener("abort", () => reject(new Error("aborted")));
    return promise;
  }
}

function bodyOf(key: string, etag = "A", sequencer = "01"): string {
  const content = { etag, bytes: 1 };
  const at = Date.UTC(2026, 1, 3);
  return s3EventJson({ event: "ObjectCreated:Put", bucket: "lake", key, content, sequencer, at });
}

const NOW = Date.UTC(2026, 1, 3, 0, 0, 7);
const THIRD = "raw/2026-02-03.csv";
const FOURTH = "raw/2026-02-04.csv";

/** A source on a queue in memory. `settle` runs it until the queue is empty, and stops it. */
function setup(deps: Partial<ObjectSourceDeps> = {}, ownPace: Partial<Pace> = {}) {
  const queue = new MemoryQueue();
  const intake = new MemoryIntake();
  const problems: string[] = [];
  const pauses: number[] = [];
  const pace: Pace = {
    random: () => 0,
    now: () => NOW,
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
    ...ownPace,
  };
  const objects = new ObjectIntake("landing", {
    intake,
    datasets: () => Promise.resolve([RAW]),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => undefined,
    onProblem: ({ message }) => problems.push(message),
    ...deps,
  });
  const start = (): ReturnType<typeof pollQueue> => pollQueue(queue, objects, pace);
  const settle = async (): Promise<SourceHealth> => {
    const source = start();
    await queue.emptied.promise;
    await source.stop();
    return source.health();
  };
  return { queue, intake, problems, pauses, start, settle };
}

describe("updates", () => {
  test("an object becomes an update of its dataset and partition", async () => {
    const { queue, intake, settle } = setup();
    queue.put(bodyOf(THIRD));
    await settle();
    expect(intake.updates).toMatchObject([
      {
        dataset: "ops/raw",
        partition: { date: "2026-02-03" },
        key: THIRD,
        etag: "A",
        via: "event",
      },
    ]);
  });

  test("who follows hears of each update once, after its commit", async () => {
    const heard: string[] = [];
    const { queue, settle } = setup({
      afterwards: ({ ids }) => heard.push(`committed ${ids.join()}`),
      onRecorded: ({ source, updateId, object }) =>
        heard.push(`${source} ${updateId} ${object.key}`),
    });
    queue.put(bodyOf(THIRD), bodyOf(THIRD), bodyOf(FOURTH));
    await settle();
    expect(heard).toEqual(["committed 1,,2", `landing 1 ${THIRD}`, `landing 2 ${FOURTH}`]);
  });

  test("what matches no dataset is removed and makes no update", async () => {
    const { queue, intake, problems, settle } = setup();
    queue.put(bodyOf("other/x.csv"));
    await settle();
    expect(intake.updates).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("a key whose partition cannot be is reported, once", async () => {
    const { queue, intake, problems, settle } = setup();
    queue.put(bodyOf("raw/2026-02-30.csv"), bodyOf("raw/2026-02-30.csv"));
    await settle();
    expect(intake.updates).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('"2026-02-30" is no day')]);
  });

  test("objects of a dataset that a task produces count only when it is observed", async () => {
    const produced = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set(["ops/raw"]));
    const silent = setup({ produced });
    silent.queue.put(bodyOf(THIRD));
    await silent.settle();
    expect(silent.intake.updates).toEqual([]);

    const observed = { ...RAW, observed: true };
    const heard = setup({ produced, datasets: () => Promise.resolve([observed]) });
    heard.queue.put(bodyOf(THIRD));
    await heard.settle();
    expect(heard.intake.updates).toHaveLength(1);
  });

  test("datasets that are registered meanwhile are known to the next message", async () => {
    let datasets: readonly DatasetSpec[] = [];
    const { queue, intake, settle } = setup({ datasets: () => Promise.resolve(datasets) });
    queue.put(bodyOf(THIRD));
    await settle();
    datasets = [RAW];
    queue.put(bodyOf(FOURTH));
    await settle();
    expect(intake.story).toEqual([`${FOURTH}=A`]);
  });
});

describe("poison", () => {
  test.each([0, 3, 9])(
    "at place %i of a batch is a dead letter and blocks nothing",
    async (place) => {
      const { queue, intake, settle } = setup();
      const days = Array.from({ length: 9 }, (_, day) => bodyOf(`raw/2026-02-0${day + 1}.csv`));
      queue.put(...days.toSpliced(place, 0, "<poison>"));
      await settle();
      expect(intake.updates).toHaveLength(9);
      expect(intake.deadLetters).toEqual([
        { source: "landing", reason: "the message is not a JSON object", body: "<poison>" },
      ]);
    },
  );

  test("a thousand bad messages among good ones stop nothing", async () => {
    const { queue, intake, settle } = setup();
    for (let at = 0; at < 1_000; at += 1) queue.put(`bad ${at}`);
    queue.put(bodyOf(THIRD));
    await settle();
    expect(intake.updates).toHaveLength(1);
    expect(intake.deadLetters).toHaveLength(1_000);
  });

  test("the body of a dead letter is cut to 256 KiB, never inside a character", async () => {
    const { queue, intake, settle } = setup();
    queue.put(`x${"é".repeat(200_000)}`);
    await settle();
    const body = intake.deadLetters[0]?.body ?? "";
    expect(Buffer.byteLength(body)).toBe(256 * 1_024 - 1);
    expect(body.endsWith("é")).toBe(true);
  });

  test("a message that the store refuses alone is a dead letter, and the others are recorded", async () => {
    const { queue, intake, settle } = setup();
    const refusal = new MillraceError("INPUT_INVALID", { what: "key", issues: [] }, "no such key");
    intake.before = failWhen((items) => items.some(({ key }) => key === THIRD), refusal);
    queue.put(bodyOf(THIRD), bodyOf(FOURTH));
    await settle();
    expect(intake.story).toEqual([`${FOURTH}=A`]);
    expect(intake.deadLetters[0]?.reason).toBe("the store refused it: no such key");
  });
});

describe("an event of the year", () => {
  test("2100 is a dead letter, and the object's later events are still news", async () => {
    const { queue, intake, settle } = setup();
    const at = Date.UTC(2100, 0);
    const key = THIRD;
    const content = { etag: "Z", bytes: 1 };
    const forged = { event: "ObjectCreated:Put", bucket: "lake", key, content, at } as const;
    queue.put(s3EventJson({ ...forged, sequencer: "" }), bodyOf(THIRD, "A", ""));
    await settle();
    expect(intake.story).toEqual([`${THIRD}=A`]);
    expect(intake.deadLetters).toMatchObject([
      { reason: expect.stringContaining("2100-01-01"), body: expect.stringContaining("2100") },
    ]);
  });

  test("1970 is an update like any other, and the object's later events are news", async () => {
    const { queue, intake, settle } = setup();
    const content = { etag: "Z", bytes: 1 };
    const old = { event: "ObjectCreated:Put", bucket: "lake", key: THIRD, content, at: 0 } as const;
    queue.put(s3EventJson({ ...old, sequencer: "00" }), bodyOf(THIRD));
    await settle();
    expect(intake.story).toEqual([`${THIRD}=Z`, `${THIRD}=A`]);
  });
});

describe("a queue that can hold messages", () => {
  /** Holds its messages each time that the source has been asked to wait `rounds` times. */
  function holding(extend: MessageHold["extend"], heldMsMax = 60_000): MessageHold {
    return { everyMs: 20_000, heldMsMax, extend };
  }

  /** Waits for everything but the next time to ask for more, which it lets come `rounds` times. */
  function pacing(rounds: number): Partial<Pace> {
    let left = rounds;
    return {
      async pause(ms, signal) {
        if (ms !== 20_000 || left-- > 0 || signal.aborted) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve());
        await promise;
      },
    };
  }

  test("is asked for more time while a commit takes long, and not afterwards", async () => {
    const { queue, intake, settle } = setup({}, pacing(3));
    const held: string[] = [];
    const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    queue.hold = holding((messages) => {
      held.push(messages.map(({ receipt }) => receipt).join());
      if (held.length === 3) asked.resolve();
      return Promise.resolve([]);
    });
    intake.before = () => gate.promise;
    queue.put(bodyOf(THIRD), bodyOf(FOURTH));
    const settled = settle();
    await asked.promise;
    expect(queue.messages, "nothing is removed before its commit").toHaveLength(2);
    gate.resolve();
    await settled;
    expect(held).toEqual(["0,1", "0,1", "0,1"]);
    expect(intake.updates).toHaveLength(2);
  });

  test("that cannot be asked is told of once, and the commit goes on", async () => {
    const { queue, intake, problems, settle } = setup({}, pacing(3));
    const asked = Promise.withResolvers<void>();
    let times = 0;
    queue.hold = holding(() => {
      times += 1;
      if (times === 3) asked.resolve();
      return times === 1 ? Promise.reject(new Error("away")) : Promise.resolve(["too late"]);
    });
    intake.before = () => asked.promise;
    queue.put(bodyOf(THIRD));
    await settle();
    expect(intake.updates).toHaveLength(1);
    expect(problems).toEqual(["Messages could not be held and may come again."]);
  });

  test("is read once however long the store is away, so that no redrive policy gives up", async () => {
    const { queue, intake, settle } = setup({}, pacing(0));
    queue.hold = holding(() => Promise.resolve([]));
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    let failures = 50;
    intake.before = failWhen(() => failures-- > 0, away);
    queue.put(bodyOf(THIRD), "<poison>");
    await settle();
    expect(intake.story).toEqual([`${THIRD}=A`]);
    expect(intake.deadLetters).toHaveLength(1);
    expect(queue.received, "and perhaps for what comes next").toBeLessThanOrEqual(2);
  });

  test("has its messages back when they can be held no longer", async () => {
    let now = NOW;
    const { queue, intake, settle } = setup({}, { ...pacing(0), now: () => (now += 20_000) });
    queue.hold = holding(() => Promise.resolve([]));
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    let failures = 50;
    intake.before = failWhen(() => failures-- > 0, away);
    queue.put(bodyOf(THIRD));
    await settle();
    expect(intake.updates).toHaveLength(1);
    expect(queue.received).toBeGreaterThan(10);
  });
});

describe("the health of the source", () => {
  test("tells what was received, what it became, and how late", async () => {
    const { queue, settle } = setup();
    queue.put(bodyOf(THIRD), bodyOf(THIRD), "<poison>");
    expect(await settle()).toEqual({
      state: "working",
      startedAt: NOW,
      lastSuccessAt: NOW,
      lastFailureAt: null,
      lastFailure: null,
      failuresInARow: 0,
      backoffUntil: null,
      received: 3,
      recorded: 1,
      buried: 1,
      lagMs: 7_000,
    });
  });

  test("tells what fails, in the service's words, and until when it waits", async () => {
    const waits = Promise.withResolvers<void>();
    const pause: Pace["pause"] = async (_ms, signal) => {
      waits.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => resolve());
      await promise;
    };
    const { queue, start } = setup({}, { pause });
    queue.before = () => {
      throw new Error("no network");
    };
    const source = start();
    await waits.promise;
    expect(source.health()).toMatchObject({
      state: "failing",
      lastFailure: "The queue could not be read; it is tried again. (no network)",
      failuresInARow: 1,
      backoffUntil: NOW + 500,
    });
    await source.stop();
  });
});

describe("failures", () => {
  test("a message is removed after its commit, not before", async () => {
    const { queue, intake, start } = setup();
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    intake.before = () => {
      reached.resolve();
      return gate.promise;
    };
    queue.put(bodyOf(THIRD));
    const source = start();
    await reached.promise;
    const stopped = source.stop();
    expect(queue.messages).toHaveLength(1);
    gate.resolve();
    await stopped;
    expect(queue.messages).toHaveLength(0);
    expect(intake.updates).toHaveLength(1);
  });

  test("while the store is away nothing is removed, and afterwards nothing is lost", async () => {
    const { queue, intake, problems, settle } = setup();
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    let failures = 3;
    intake.before = failWhen(() => failures-- > 0, away);
    queue.put(bodyOf(THIRD), "<poison>", bodyOf(FOURTH));
    await settle();
    expect(intake.story).toEqual([`${THIRD}=A`, `${FOURTH}=A`]);
    expect(intake.deadLetters).toHaveLength(1);
    expect(problems.filter((text) => text.includes("they will come again"))).toHaveLength(3);
  });

  test("a message that fails for a reason of the moment comes again, and the others do not", async () => {
    const { queue, intake, pauses, settle } = setup();
    let failures = 2;
    const isThird = (items: readonly ObservedObject[]): boolean =>
      items.some(({ key }) => key === THIRD);
    intake.before = failWhen((items) => isThird(items) && failures-- > 0, new Error("odd"));
    queue.put(bodyOf(THIRD), bodyOf(FOURTH));
    await settle();
    expect(intake.story).toEqual([`${FOURTH}=A`, `${THIRD}=A`]);
    expect(intake.deadLetters).toEqual([]);
    expect(pauses, "a failure in part is waited out too").toEqual([500]);
  });

  test("a message that cannot be removed comes again and makes no second update", async () => {
    const { queue, intake, problems, settle } = setup();
    let failures = 2;
    queue.beforeRemoval = () => (failures-- > 0 ? ["InternalError"] : []);
    queue.put(bodyOf(THIRD));
    await settle();
    expect(intake.updates).toHaveLength(1);
    expect(problems[0]).toBe("A message could not be removed and will come again: InternalError.");
  });

  test("failures in a row are waited out longer and longer, up to half a minute", async () => {
    const { queue, pauses, problems, settle } = setup();
    let failures = 9;
    queue.before = () => {
      if (failures-- > 0) throw new Error("no network");
    };
    queue.put(bodyOf(THIRD));
    await settle();
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(problems).toHaveLength(9);
  });

  test("stopping ends the wait for messages, and reports nothing", async () => {
    const { queue, problems, start } = setup();
    const source = start();
    await queue.awaited.promise;
    await source.stop();
    expect(queue.received).toBe(1);
    expect(problems).toEqual([]);
  });
});

function failWhen(
  isTime: (items: readonly ObservedObject[]) => boolean,
  error: Error,
): MemoryIntake["before"] {
  return (items) => (isTime(items) ? Promise.reject(error) : Promise.resolve());
}

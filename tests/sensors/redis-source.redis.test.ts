import type { DatasetSpec, PartitionScheme } from "@millrace/core/internal";
import { s3RedisEventSource, startObjectSource } from "@millrace/sensors";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { MemoryIntake } from "../harness/memory-intake.ts";
import { describeWithRedis, freshPrefix, redisUrl } from "../harness/redis.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";

const DAY: PartitionScheme = { kind: "day", start: "2026-01-01", timezone: "UTC" };
const DATASETS: readonly DatasetSpec[] = [
  dataset("raw", "s3://lake/raw/{date}.csv", { date: DAY }),
  dataset("files", "s3://lake/files/**"),
];

let redis: Redis;
let list: string;

function dataset(
  name: string,
  uri: string,
  partitions: DatasetSpec["partitions"] = {},
): DatasetSpec {
  return { namespace: "ops", name, uri, partitions, metadata: null, observed: false };
}

interface MinioEvent {
  readonly key: string;
  /** Null for a removal. */
  readonly etag?: string | null;
  /** Milliseconds after some instant. */
  readonly after?: number;
}

/** The record of an event, as MinIO writes it. */
function minioRecord({ key, etag = "A", after = 0 }: MinioEvent): Record<string, unknown> {
  const isRemoval = etag === null;
  return {
    eventVersion: "2.0",
    eventSource: "minio:s3",
    eventTime: new Date(Date.UTC(2026, 1, 3) + after).toISOString(),
    eventName: isRemoval ? "s3:ObjectRemoved:Delete" : "s3:ObjectCreated:Put",
    s3: {
      bucket: { name: "lake", arn: "arn:aws:s3:::lake" },
      object: {
        key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("!", "%21"),
        ...(!isRemoval && { size: 4, eTag: etag }),
        sequencer: "15CFEDF8D5304D1A",
      },
    },
  };
}

/** What MinIO's target pushes in the format `access`. */
function entryOf(event: MinioEvent): string {
  const record = minioRecord(event);
  return JSON.stringify([{ Event: [record], EventTime: record["eventTime"] }]);
}

async function push(...events: readonly MinioEvent[]): Promise<void> {
  for (const event of events) await redis.rpush(list, entryOf(event));
}

/** Runs a source for the length of a test, on an intake that may know something already. */
function run(intake = new MemoryIntake(), url = redisUrl()) {
  const problems: string[] = [];
  const running = startObjectSource(s3RedisEventSource({ name: "landing", url, key: list }), {
    intake,
    datasets: () => Promise.resolve(DATASETS),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => undefined,
    onProblem: ({ message, error }) =>
      problems.push(error instanceof Error ? `${message} ${error.message}` : message),
  });
  onTestFinished(() => running.stop());
  return { intake, problems, running };
}

/** A source that has taken what there is, and commits when it is told to, or fails to. */
async function runHolding(intake = new MemoryIntake()) {
  const commit = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  intake.before = () => {
    holding.resolve();
    return commit.promise;
  };
  const started = run(intake);
  // Before the source is stopped, which waits for it.
  onTestFinished(() => commit.resolve());
  await holding.promise;
  return { ...started, commit };
}

function keysOf(intake: MemoryIntake): readonly string[] {
  return intake.updates.map(({ key }) => key);
}

/** All lists of this test. Redis knows no empty ones. */
async function listsLeft(): Promise<readonly string[]> {
  const names = await redis.keys(`${list}*`);
  return names.filter((name) => name !== `${list}:consumers`);
}

async function emptied(): Promise<void> {
  await expect.poll(listsLeft, { timeout: 15_000 }).toEqual([]);
}

/** As if every process that has taken something had been silent for long. */
async function endLeases(): Promise<void> {
  for (const consumer of await redis.zrange(`${list}:consumers`, "0", "-1")) {
    await redis.zadd(`${list}:consumers`, "0", consumer);
  }
}

/** Resolves when a source waits for entries. */
async function awaited(): Promise<void> {
  const waiting = async (): Promise<boolean> =>
    String(await redis.client("LIST"))
      .split("\n")
      .some(
        (client) => client.includes("name=millrace-source-landing") && client.includes("blmove"),
      );
  await expect.poll(waiting).toBe(true);
}

describeWithRedis("events from a list in Redis", () => {
  beforeEach(() => {
    redis = new Redis(redisUrl());
    list = `${freshPrefix()}-lake`;
  });
  afterEach(async () => {
    const names = await redis.keys(`${list}*`);
    if (names.length > 0) await redis.del(names);
    redis.disconnect();
  });

  test("an object that lands becomes an update of its dataset and partition", async () => {
    const { intake, problems } = run();
    await awaited();
    await push({ key: "raw/2026-02-03.csv" });
    await emptied();
    expect(intake.updates).toMatchObject([
      {
        dataset: "ops/raw",
        partition: { date: "2026-02-03" },
        bucket: "lake",
        key: "raw/2026-02-03.csv",
        etag: "A",
        bytes: 4,
        via: "event",
      },
    ]);
    expect(problems).toEqual([]);
  });

  test("keys come through as they were written, in the order of the list", async () => {
    const keys = ["a b+c.csv", "é=100%.csv", ".hidden", "a//b", "[x]!#"].map(
      (key) => `files/${key}`,
    );
    await push(...keys.map((key) => ({ key })));
    const { intake } = run();
    await emptied();
    expect(keysOf(intake)).toEqual(keys);
  });

  test("the form that MinIO sends elsewhere is read as well", async () => {
    const body = { EventName: "s3:ObjectCreated:Put", Records: [minioRecord({ key: "files/x" })] };
    await redis.rpush(list, JSON.stringify(body));
    const { intake } = run();
    await emptied();
    expect(keysOf(intake)).toEqual(["files/x"]);
  });

  test("writing A, B, A and removing make four updates, and the same event again none", async () => {
    const story = ["A", "B", "A", null].map((etag, after) => ({ key: "files/aba", etag, after }));
    await push(...story, ...story);
    const { intake } = run();
    await emptied();
    expect(intake.story).toEqual(["files/aba=A", "files/aba=B", "files/aba=A", "-files/aba"]);
  });

  test("poison of any bytes becomes a dead letter, and what is behind it goes on", async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x80]);
    for (const body of ["<poison>", bytes, JSON.stringify([{ Event: [{}] }])])
      await redis.rpush(list, body);
    await push({ key: "files/after-poison" });
    const { intake } = run();
    await emptied();
    expect(intake.deadLetters.map(({ source, body }) => [source, body])).toEqual([
      ["landing", "<poison>"],
      ["landing", bytes.toString("utf8")],
      ["landing", '[{"Event":[{}]}]'],
    ]);
    expect(keysOf(intake)).toEqual(["files/after-poison"]);
  });

  test("three processes on one list make one update of each object", async () => {
    const intake = new MemoryIntake();
    for (let process = 0; process < 3; process += 1) run(intake);
    const keys = Array.from({ length: 100 }, (_, at) => `files/many/${at}`);
    await Promise.all(keys.map((key) => push({ key })));
    await emptied();
    expect(keysOf(intake).toSorted()).toEqual(keys.toSorted());
  });

  test("an event whose commit failed comes again, and is removed only then", async () => {
    const intake = new MemoryIntake();
    let failures = 1;
    intake.before = () => (failures-- > 0 ? Promise.reject(new Error("away")) : Promise.resolve());
    await push({ key: "files/again" });
    const { problems } = run(intake);
    await emptied();
    expect(keysOf(intake)).toEqual(["files/again"]);
    expect(problems).toEqual(["A message could not be recorded; it will come again. away"]);
  });

  test("what a process had taken when it died is taken by another", async () => {
    await push({ key: "files/one" }, { key: "files/two" });
    await runHolding();
    await endLeases();
    await push({ key: "files/three" });
    const { intake } = run();
    await expect
      .poll(() => keysOf(intake).toSorted())
      .toEqual(["files/one", "files/three", "files/two"]);
    await emptied();
    expect(await redis.zcard(`${list}:consumers`), "the dead are forgotten").toBe(1);
  });

  test("what a living process has taken is left to it", async () => {
    await push({ key: "files/one" });
    const { commit, intake: slow } = await runHolding();
    const { intake: quick } = run();
    await push({ key: "files/two" });
    await expect.poll(() => keysOf(quick)).toEqual(["files/two"]);
    commit.resolve();
    await emptied();
    expect(keysOf(slow)).toEqual(["files/one"]);
  });

  test("a process that was taken for dead and goes on makes no second update", async () => {
    const known = new MemoryIntake();
    await push({ key: "files/one" });
    const { commit, problems } = await runHolding(known);
    await endLeases();
    known.before = () => Promise.resolve();
    run(known);
    await emptied();
    commit.resolve();
    await expect
      .poll(() => problems)
      .toEqual([
        "A message could not be removed and will come again: it took longer than 60 s and was given back.",
      ]);
    expect(keysOf(known)).toEqual(["files/one"]);
  });

  test("what came while a process waited, and it died, is taken by another", async () => {
    await redis.rpush(`${list}:arrived`, entryOf({ key: "files/first" }));
    await push({ key: "files/second" });
    const { intake } = run();
    await emptied();
    expect(keysOf(intake)).toEqual(["files/first", "files/second"]);
  });

  test("a source that is stopped gives back at once what it could not commit", async () => {
    await push({ key: "files/one" }, { key: "files/two" });
    const { commit, running } = await runHolding();
    const stopped = running.stop();
    commit.reject(new Error("away"));
    await stopped;
    expect(await redis.lrange(list, 0, -1)).toHaveLength(2);
    expect(await redis.keys(`${list}*`)).toEqual([list]);
  });

  test("a source that is stopped commits what it has in hand", async () => {
    await push({ key: "files/one" });
    const { commit, intake, running } = await runHolding();
    const stopped = running.stop();
    commit.resolve();
    await stopped;
    expect(keysOf(intake)).toEqual(["files/one"]);
    expect(await redis.keys(`${list}*`)).toEqual([]);
  });

  test("stopping does not wait for the next event, and loses none", async () => {
    const { running, problems } = run();
    await awaited();
    await running.stop();
    await push({ key: "files/later" });
    const { intake } = run();
    await emptied();
    expect(keysOf(intake)).toEqual(["files/later"]);
    expect(problems).toEqual([]);
  }, 5_000);

  test("a Redis that goes away is reported, and what comes meanwhile is taken later", async () => {
    const { hostname, port } = new URL(redisUrl());
    const gate = await openTcpGate({ host: hostname, port: Number(port || 6379) });
    onTestFinished(() => gate.close());
    const { intake, problems } = run(new MemoryIntake(), `redis://127.0.0.1:${gate.port}`);
    await awaited();
    gate.shut();
    await push({ key: "files/meanwhile" });
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(problems[0]).toBe(
      "The queue could not be read; it is tried again. Redis does not answer.",
    );
    gate.reopen();
    await emptied();
    expect(keysOf(intake)).toEqual(["files/meanwhile"]);
  });

  test("a Redis that is away does not keep a source from stopping", async () => {
    const { running, problems } = run(new MemoryIntake(), "redis://127.0.0.1:1");
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await running.stop();
  });

  test("a key that is no list, as MinIO's other format makes it, is reported", async () => {
    await redis.hset(list, "lake/files/x", "{}");
    const { problems } = run();
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(problems[0]).toContain("WRONGTYPE");
  });
});

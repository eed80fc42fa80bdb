import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type DatasetSpec, MillraceError, type PartitionScheme } from "@millrace/core/internal";
import {
  type ObjectSource,
  s3EventSource,
  s3ListingSource,
  startObjectSource,
} from "@millrace/sensors";
import type { S3Server } from "@millrace/testing/s3-server";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { MemoryIntake } from "../harness/memory-intake.ts";

const DAY: PartitionScheme = { kind: "day", start: "2026-01-01", timezone: "UTC" };
const DATASETS: readonly DatasetSpec[] = [
  dataset("raw", "s3://lake/raw/{date}.csv", { date: DAY }),
  dataset("files", "s3://lake/files/**"),
  dataset("made", "s3://lake/made/*.csv"),
];

/** What a server must do to be asked all of this. */
export interface AskedServer extends Pick<S3Server, "clientConfig" | "queueUrl" | "stop"> {
  send(queue: string, body: string): Promise<void> | void;
  /** Also those that somebody has received and not removed. */
  countMessages(queue: string): Promise<number> | number;
  setNotify(on: boolean): Promise<void> | void;
}

/** Another server for each test. */
export interface S3Place {
  /** With the bucket `lake`, which notifies the queue `landing`, hidden for a second. */
  start(): Promise<AskedServer>;
  /** Keys that it tells of as Amazon does. */
  readonly keys: readonly string[];
}

let server: AskedServer;
let s3: S3Client;

/** Starts servers before the tests of a file. */
function useServers({ start }: S3Place): void {
  // A server for each test: the poll that a stopped source gave up still takes a message from this
  // one, which would then come late to the next test.
  beforeEach(async () => {
    server = await start();
    s3 = new S3Client(server.clientConfig);
  });
  afterEach(async () => {
    s3.destroy();
    await server.stop();
  });
}

function dataset(
  name: string,
  uri: string,
  partitions: DatasetSpec["partitions"] = {},
): DatasetSpec {
  return { namespace: "ops", name, uri, partitions, metadata: null, observed: false };
}

function events(): ObjectSource {
  return s3EventSource({
    ...server.clientConfig,
    name: "landing",
    queueUrl: server.queueUrl("landing"),
    visibilityTimeoutSeconds: 1,
  });
}

function listing(prefix: string): ObjectSource {
  return s3ListingSource({
    ...server.clientConfig,
    name: "sweep",
    bucket: "lake",
    prefix,
    every: "1s",
  });
}

async function put(Key: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: "lake", Key, Body }));
}

/** Runs a source for the length of a test, on an intake that may know something already. */
function run(source: ObjectSource, intake = new MemoryIntake()) {
  const problems: string[] = [];
  const running = startObjectSource(source, {
    intake,
    datasets: () => Promise.resolve(DATASETS),
    produced: () => Promise.resolve(new Set(["ops/made"])),
    afterwards: () => undefined,
    onProblem: ({ message }) => problems.push(message),
  });
  onTestFinished(() => running.stop());
  return { intake, problems, running };
}

function keysOf(intake: MemoryIntake): readonly string[] {
  return intake.updates.map(({ key }) => key);
}

async function emptied(): Promise<void> {
  await expect.poll(() => server.countMessages("landing"), { timeout: 10_000 }).toBe(0);
}

/** What holds of a queue that a bucket notifies, whoever serves both. */
export function describeEvents(place: S3Place): void {
  useServers(place);

  test("an object that lands becomes an update of its dataset and partition", async () => {
    const { intake, problems } = run(events());
    await put("raw/2026-02-03.csv", "a,b\n");
    await emptied();
    expect(intake.updates).toMatchObject([
      {
        dataset: "ops/raw",
        partition: { date: "2026-02-03" },
        bucket: "lake",
        key: "raw/2026-02-03.csv",
        bytes: 4,
        etag: expect.stringMatching(/^[0-9a-f]{32}$/),
        via: "event",
      },
    ]);
    expect(problems).toEqual([]);
  });

  test("keys come through as they were written", async () => {
    const { intake } = run(events());
    const { keys } = place;
    for (const key of keys) await put(key, "x");
    await emptied();
    expect(keysOf(intake).toSorted()).toEqual(keys.toSorted());
  });

  test("writing A, B, A makes three updates, and the identical bytes again make none", async () => {
    const { intake } = run(events());
    for (const body of ["A", "B", "A", "A"]) await put("files/aba", body);
    await emptied();
    expect(keysOf(intake)).toHaveLength(3);
  });

  test("an upload in parts is one update, and its removal another", async () => {
    const { intake } = run(events());
    const place = { Bucket: "lake", Key: "files/parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
    const part = { ...place, UploadId, PartNumber: 1, Body: "part" };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }));
    await s3.send(new DeleteObjectCommand(place));
    await emptied();
    expect(intake.updates.map(({ kind }) => kind)).toEqual(["changed", "removed"]);
  });

  test("objects of a dataset that a task produces make no update", async () => {
    const { intake } = run(events());
    await put("made/x.csv", "x");
    await emptied();
    expect(intake.updates).toEqual([]);
  });

  test("poison becomes a dead letter and the queue goes on", async () => {
    const { intake } = run(events());
    await server.send("landing", "<poison>");
    await server.send("landing", JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent" }));
    await put("files/after-poison", "x");
    await emptied();
    expect(intake.deadLetters.map(({ body }) => body)).toEqual(["<poison>"]);
    expect(keysOf(intake)).toEqual(["files/after-poison"]);
  });

  test("a message whose commit failed comes again, and is removed only then", async () => {
    const intake = new MemoryIntake();
    let failures = 1;
    intake.before = () => (failures-- > 0 ? Promise.reject(new Error("away")) : Promise.resolve());
    const { problems } = run(events(), intake);
    await put("files/again", "x");
    await emptied();
    expect(keysOf(intake)).toEqual(["files/again"]);
    expect(problems).toEqual(["A message could not be recorded; it will come again."]);
  });

  test("a message stays with whom is committing it, however long that takes", async () => {
    const intake = new MemoryIntake();
    const gate = Promise.withResolvers<void>();
    let commits = 0;
    intake.before = () => {
      commits += 1;
      return gate.promise;
    };
    const { problems } = run(events(), intake);
    await put("files/slow", "x");
    await expect.poll(() => commits).toBe(1);
    run(events(), intake);
    // Three times as long as the message would be hidden for.
    const timer = setTimeout(() => gate.resolve(), 3_000);
    await gate.promise;
    clearTimeout(timer);
    await emptied();
    expect(commits).toBe(1);
    expect(keysOf(intake)).toEqual(["files/slow"]);
    expect(problems).toEqual([]);
  });

  test("an outage of the store gives no message to the redrive policy", async () => {
    const sqs = new SQSClient(server.clientConfig);
    onTestFinished(() => sqs.destroy());
    const QueueName = "given-up";
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
    const deadLetterTargetArn = (await sqs.send(asked)).Attributes?.["QueueArn"];
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
    const landing = { QueueUrl: server.queueUrl("landing"), Attributes: { RedrivePolicy } };
    await sqs.send(new SetQueueAttributesCommand(landing));
    const intake = new MemoryIntake();
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    let failures = 3;
    intake.before = () => (failures-- > 0 ? Promise.reject(away) : Promise.resolve());
    run(events(), intake);
    await server.send("landing", "<poison>");
    await put("files/patient", "x");
    await emptied();
    expect(failures).toBeLessThan(0);
    expect(keysOf(intake)).toEqual(["files/patient"]);
    expect(intake.deadLetters.map(({ body }) => body)).toEqual(["<poison>"]);
    expect(QueueUrl).toContain(QueueName);
    expect(await server.countMessages(QueueName)).toBe(0);
  });

  test("three processes on one queue make one update of each object", async () => {
    const intake = new MemoryIntake();
    for (let process = 0; process < 3; process += 1) run(events(), intake);
    const keys = Array.from({ length: 60 }, (_, at) => `files/many/${at}`);
    await Promise.all(keys.map((key) => put(key, key)));
    await emptied();
    expect(keysOf(intake).toSorted()).toEqual(keys.toSorted());
  });

  test("stopping does not wait for the poll of twenty seconds", async () => {
    const { running, problems } = run(events());
    const stopped = running.stop().then(() => "stopped");
    await expect(stopped).resolves.toBe("stopped");
    expect(problems).toEqual([]);
  }, 5_000);

  test("a queue that is not there is reported and does not end the source", async () => {
    const { clientConfig, queueUrl } = { ...server, queueUrl: server.queueUrl("nowhere") };
    const { problems } = run(s3EventSource({ ...clientConfig, name: "lost", queueUrl }));
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(problems[0]).toBe("The queue could not be read; it is tried again.");
  });
}

/** What holds of listings, beside events or without them. */
export function describeListings(place: S3Place): void {
  useServers(place);

  test("find what no event told, and make no second update of what one told", async () => {
    const { intake } = run(events());
    await put("files/l/told", "x");
    await emptied();
    await server.setNotify(false);
    await put("files/l/lost one", "x");
    run(listing("files/l/"), intake);
    await expect.poll(() => keysOf(intake), { timeout: 10_000 }).toHaveLength(2);
    await server.setNotify(true);
    await put("files/l/last", "x");
    await emptied();
    expect(keysOf(intake)).toEqual(["files/l/told", "files/l/lost one", "files/l/last"]);
  });

  test("find that a known object has been overwritten, by the service's clock", async () => {
    const { intake } = run(events());
    await put("files/o/a", "A");
    await emptied();
    await server.setNotify(false);
    await put("files/o/a", "B");
    run(listing("files/o/"), intake);
    await expect.poll(() => keysOf(intake), { timeout: 10_000 }).toHaveLength(2);
    expect(intake.updates[1]).toMatchObject({ via: "listing", listedAt: expect.any(Number) });
  });

  test("go through all pages", async () => {
    await server.setNotify(false);
    const keys = Array.from({ length: 1_001 }, (_, at) => `files/p/${String(at).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => put(key, "x")));
    const { intake } = run(listing("files/p/"));
    await expect.poll(() => intake.updates.length, { timeout: 15_000 }).toBe(1_001);
    expect(new Set(keysOf(intake)).size).toBe(1_001);
  });

  test("a bucket that is not there is reported and does not end the source", async () => {
    const options = {
      ...server.clientConfig,
      name: "lost",
      bucket: "nowhere",
      prefix: "",
      every: "1s",
    };
    const { problems } = run(s3ListingSource(options));
    await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(problems[0]).toBe("The bucket nowhere could not be listed; it is tried again.");
  });
}

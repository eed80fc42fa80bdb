import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { DatasetSpec, IntakeStore } from "@millrace/core/internal";
import {
  type ObjectSource,
  s3EventSource,
  s3ListingSource,
  startObjectSource,
} from "@millrace/sensors";
import { type S3Server, startS3Server } from "@millrace/testing/s3-server";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Engine, startEngine } from "../engine/engine.ts";
import {
  datasetSpec,
  DAY,
  declare,
  leg,
  pipelineSpec,
  taskSpec,
  updated,
} from "../engine/specs.ts";
import { MemoryIntake } from "../harness/memory-intake.ts";

const RAW: DatasetSpec = datasetSpec("raw", {
  uri: "s3://lake/raw/{date}/**",
  partitions: DAY,
  ready: { type: "manifest", name: "manifest.json" },
});
const DAY_KEY = "raw/2026-02-03/";

let server: S3Server;
let s3: S3Client;
beforeEach(async () => {
  const notify = [{ bucket: "lake", queue: "landing" }];
  const queues = ["landing"];
  server = await startS3Server({ buckets: ["lake"], queues, notify, visibilityTimeoutSeconds: 1 });
  s3 = new S3Client(server.clientConfig);
});
afterEach(async () => {
  s3.destroy();
  await server.stop();
});

function events(): ObjectSource {
  return s3EventSource({
    ...server.clientConfig,
    name: "landing",
    queueUrl: server.queueUrl("landing"),
    visibilityTimeoutSeconds: 1,
  });
}

function listing(): ObjectSource {
  return s3ListingSource({ ...server.clientConfig, name: "sweep", bucket: "lake", every: "1s" });
}

async function put(name: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: "lake", Key: DAY_KEY + name, Body }));
}

function run(
  source: ObjectSource,
  intake: Pick<IntakeStore, "recordObjects" | "recordDeadLetters">,
) {
  const problems: string[] = [];
  const running = startObjectSource(source, {
    intake,
    datasets: () => Promise.resolve([RAW]),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => undefined,
    onProblem: ({ message }) => problems.push(message),
  });
  onTestFinished(() => running.stop());
  return problems;
}

async function startReader(): Promise<Engine> {
  const engine = await startEngine("embedded");
  onTestFinished(() => engine.close());
  await engine.register(
    pipelineSpec("reader", [taskSpec("t")], {
      partitions: DAY,
      datasets: declare(RAW),
      triggers: { data: updated(leg("raw", ["date"])) },
    }),
  );
  return engine;
}

test.each([
  ["events", events],
  ["a listing", listing],
])("what a manifest lists comes with it, by %s", async (_how, source) => {
  await put("manifest.json", '["a.csv","b.csv"]');
  const intake = new MemoryIntake();
  run(source(), intake);
  await expect.poll(() => intake.updates.length, { timeout: 10_000 }).toBe(1);
  expect(intake.updates[0]?.listed).toEqual([`${DAY_KEY}a.csv`, `${DAY_KEY}b.csv`]);
});

test.each([
  ["too large", "x\n".repeat(600_000), /manifest.json has more than 1048576 bytes/],
  ["cut off", '["a.csv"', /manifest.json is no list of keys/],
])("a manifest that is %s is told of, and holds up nothing", async (_what, body, problem) => {
  const intake = new MemoryIntake();
  const problems = run(events(), intake);
  await put("manifest.json", body);
  await put("a.csv", "1");
  await expect.poll(() => intake.updates.length, { timeout: 10_000 }).toBe(2);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(intake.updates.map(({ listed }) => listed)).toEqual([undefined, undefined]);
});

test("a partition is one update when all that its manifest lists has landed", async () => {
  const engine = await startReader();
  run(events(), engine.store);
  run(listing(), engine.store);
  await put("a.csv", "1");
  await put("manifest.json", '["a.csv","b.csv"]');
  const missing = () => engine.rows("select missing, objects from millrace.partition_ready");
  const waiting = `1 of the 2 objects of manifest.json: ${DAY_KEY}b.csv`;
  await expect.poll(missing, { timeout: 10_000 }).toEqual([{ missing: waiting, objects: 2 }]);
  expect(await engine.rows("select from millrace.update")).toEqual([]);
  await put("b.csv", "2");
  await expect.poll(missing, { timeout: 10_000 }).toEqual([{ missing: null, objects: 3 }]);
  await expect.poll(() => server.countMessages("landing"), { timeout: 10_000 }).toBe(0);
  expect(await engine.rows("select uri, metadata from millrace.update")).toEqual([
    {
      uri: `s3://lake/${DAY_KEY}`,
      metadata: {
        by: "all that the manifest manifest.json lists is there",
        objects: 3,
        bytes: 2 + '["a.csv","b.csv"]'.length,
      },
    },
  ]);
}, 60_000);

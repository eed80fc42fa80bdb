/** What an object's message says of the story that it is a part of, as far as people see it. */
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { ObservedObject } from "@millrace/core/internal";
import { createStore, openServer, why } from "@millrace/postgres";
import { s3EventSource } from "@millrace/sensors";
import { startS3Server } from "@millrace/testing/s3-server";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { startEngine } from "../engine/engine.ts";
import { datasetSpec, DAY, declare, pipelineSpec, taskSpec } from "../engine/specs.ts";
import { createDatabase } from "../harness/postgres.ts";
import { LANDING, startConsumer } from "./landing.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const REQUEST = "C3D13FE58DE4C810";

function notification(key: string, more: object = {}): string {
  const record = {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    eventTime: "2026-02-03T00:00:00.000Z",
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: "lake" }, object: { key, size: 9, eTag: key, sequencer: "01" } },
    ...more,
  };
  return JSON.stringify({ Records: [record] });
}

test("updates of objects belong to the story that their message tells of, or to the request's", async () => {
  const server = await startS3Server({ buckets: ["lake"], queues: ["landing"], notify: [] });
  onTestFinished(() => server.stop());
  const home = await createDatabase();
  onTestFinished(() => home.drop());
  const database = openServer({ url: home.url, connectionsMax: 2 });
  onTestFinished(() => database.close());
  const store = createStore(database);
  const pipeline = pipelineSpec("land", [taskSpec("land")], {
    datasets: { "default/landing": LANDING },
  });
  await store.register({ name: "test", build: null, pipelines: [pipeline] });
  const sqs = new SQSClient(server.clientConfig);
  onTestFinished(() => sqs.destroy());
  const QueueUrl = server.queueUrl("landing");
  const responseElements = { "x-amz-request-id": REQUEST };
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  const inSns = {
    ...{ Type: "Notification", Message: notification("landing/sns", { responseElements }) },
    MessageAttributes: { correlation_id: { Type: "String", Value: "order-18" } },
  };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: notification("landing/told", { responseElements }),
      MessageAttributes: { correlationId: text("order-17"), traceparent: text(TRACE) },
    }),
  );
  const others = [
    JSON.stringify(inSns),
    notification("landing/request", { responseElements }),
    notification("landing/silent"),
  ];
  for (const MessageBody of others)
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const { clientConfig } = server;
  const source = s3EventSource({ ...clientConfig, name: "landing", queueUrl: QueueUrl });
  const consumer = startConsumer(source, home.url);
  onTestFinished(() => consumer.stop());
  const list = async () => {
    const { rows } = await sql<{ id: number; uri: string; story: string; trace: string }>`
      select id, uri, correlation_id as story, traceparent as trace from millrace.update
      order by uri`.execute(database.db);
    return rows;
  };
  await expect.poll(async () => (await list()).length, { timeout: 10_000 }).toBe(4);
  const updates = await list();
  const stories = updates.map(({ id, uri, story }) => [
    uri.replace("s3://lake/landing/", ""),
    story === `update_${id}` ? "its own" : story,
  ]);
  expect(stories).toEqual([
    ["request", REQUEST],
    ["silent", "its own"],
    ["sns", "order-18"],
    ["told", "order-17"],
  ]);
  expect(updates.map(({ trace }) => trace === TRACE)).toEqual([false, false, false, true]);
  const told = updates.at(-1)?.id ?? 0;
  const answer = await why(database, { type: "update", id: told });
  expect(answer).toMatchObject({ correlationId: "order-17", traceparent: TRACE });
  expect(answer?.lines).toContain("Its correlation id is order-17.");
  expect(consumer.problems).toEqual([]);
}, 30_000);

test("a partition that an object completes belongs to the story of that object", async () => {
  const engine = await startEngine("server");
  onTestFinished(() => engine.close());
  const raw = datasetSpec("raw", {
    uri: "s3://lake/raw/{date}/**",
    partitions: DAY,
    ready: { type: "count", count: 2 },
  });
  await engine.register(pipelineSpec("load", [taskSpec("t")], { datasets: declare(raw) }));
  const seen = (name: string, more: Partial<ObservedObject>): ObservedObject => ({
    dataset: "default/raw",
    partition: { date: "2026-03-01" },
    ...{ kind: "changed", bucket: "lake", key: `raw/2026-03-01/${name}`, etag: name, bytes: 1 },
    ...{ versionId: null, sequencer: "01", at: Date.UTC(2026, 2, 1), via: "event" },
    ...more,
  });
  await engine.store.recordObjects([seen("a", { correlationId: "first" })]);
  await engine.store.recordObjects([seen("b", { correlationId: "second", traceparent: TRACE })]);
  const rows = await engine.rows("select correlation_id, traceparent from millrace.update");
  expect(rows).toEqual([{ correlation_id: "second", traceparent: TRACE }]);
});

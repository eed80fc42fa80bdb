import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { isRecord, type JsonValue } from "@millrace/core/internal";
import { createStore, declareSubscribers, feedStore, outboxStore } from "@millrace/postgres";
import { openLineageOut, slack, webhook, webhookOut } from "@millrace/sensors";
import {
  allowedTargets,
  boundedSend,
  withFiles,
  type OutDeclarations,
  readOuts,
  type Sender,
  startSender,
  subscribersOf,
} from "@millrace/sensors/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, failed, produced, startEngine } from "../engine/engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "../engine/specs.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** A receiver that answers when its gate opens. */
async function listen() {
  const got: { readonly path: string; readonly body: Record<string, JsonValue> }[] = [];
  let gate: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const parsed: unknown = JSON.parse(body);
      got.push({ path: request.url ?? "", body: (isRecord(parsed) ? parsed : {}) as never });
      await gate;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut(): () => void {
      const opening = Promise.withResolvers<void>();
      gate = opening.promise;
      return opening.resolve;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe.each(["embedded", "server"] as const)("facts on the %s database", (kind) => {
  let engine: Engine;
  let receiver: Awaited<ReturnType<typeof listen>>;
  let sender: Sender | null = null;
  const problems: unknown[] = [];
  beforeEach(async () => {
    [engine, receiver] = await Promise.all([startEngine(kind), listen()]);
    problems.length = 0;
    const orders = datasetSpec("orders");
    await engine.register(
      pipelineSpec("etl", [taskSpec("load")], { datasets: declare(orders) }),
      pipelineSpec("other", [taskSpec("work")], { namespace: "ops" }),
    );
  }, 60_000);
  afterEach(async () => {
    await sender?.stop();
    sender = null;
    await receiver.close();
    await engine.close();
  });

  const crm = (events: readonly string[]): OutDeclarations => ({
    outs: [webhookOut("crm", { url: `${receiver.url}/crm`, secrets: ["CRM_SECRET"], events })],
    alerts: [],
  });
  const declareAll = (declared: OutDeclarations): Promise<void> =>
    declareSubscribers(engine.database, "test", subscribersOf(declared));
  const read = (declared: OutDeclarations) =>
    readOuts(declared, {
      environment: {
        CRM_SECRET: SECRET,
        SLACK: `${receiver.url}/slack`,
        HOOK: `${receiver.url}/hook`,
      },
      readFile: () => Promise.reject(new Error("no file")),
      base: "https://flow.example.com",
      pageUrl: null,
    });
  const start = async (declared: OutDeclarations): Promise<void> => {
    sender = startSender(await read(declared), {
      outbox: outboxStore(engine.database),
      feed: feedStore(engine.database),
      send: withFiles(boundedSend({ allow: allowedTargets(["127.0.0.0/8"]) })),
      onProblem: (error) => problems.push(error),
    });
  };
  const counted = async (table: string): Promise<number> => {
    const [row] = await engine.rows<{ n: number }>(`select count(*)::int as n from ${table}`);
    return row?.n ?? -1;
  };
  const typesGot = (): readonly JsonValue[] => receiver.got.map(({ body }) => body["type"] ?? null);

  test("go out once though two processes evaluate them and one dies over them", async () => {
    const declared = crm(["dev.millrace.*", "ticket.*"]);
    await declareAll(declared);
    for (let n = 0; n < 5; n++) await engine.update("orders", {}, { n });
    await engine.store.recordEvents([
      {
        name: "ticket.closed",
        data: { n: 1 },
        source: { type: "api", key: "x" },
        idempotencyKey: null,
        correlationId: null,
      },
    ] as never);
    const facts = await engine.store.listPending(0, 100);
    expect(facts).toHaveLength(6);
    const other = createStore(engine.database);
    await Promise.all([engine.store.evaluate(facts), other.evaluate(facts)]);
    await other.evaluate(facts);
    expect(await counted("millrace.out_fact")).toBe(6);
    const feed = feedStore(engine.database);
    const dies = feed.feed("webhook/crm", 100, () => {
      throw new Error("the process is killed");
    });
    await expect(dies).rejects.toThrow("killed");
    expect(await counted("millrace.out_fact"), "nothing is lost").toBe(6);
    expect(await counted("millrace.out_delivery")).toBe(0);
    await start(declared);
    await expect.poll(() => receiver.got.length, { timeout: 15_000 }).toBe(6);
    await sender?.stop();
    expect(problems).toEqual([]);
    expect(await counted("millrace.out_fact")).toBe(0);
    expect(receiver.got.map(({ body }) => body["id"])).toEqual(
      expect.arrayContaining(["update_1", "update_5", "event_1"]),
    );
    expect(new Set(receiver.got.map(({ body }) => body["id"])).size).toBe(6);
    expect(receiver.got.filter(({ body }) => body["type"] === "ticket.closed")).toMatchObject([
      { path: "/crm", body: { data: { n: 1 } } },
    ]);
  });

  test("of runs are committed at once while their receiver does not answer", async () => {
    const declared = crm(["dev.millrace.pipeline.run.*"]);
    await declareAll(declared);
    const open = receiver.shut();
    await start(declared);
    const runs = 8;
    for (let n = 0; n < runs; n++) {
      await engine.start("etl");
      await engine.settle();
      const [ended] = await engine.rows<{ n: number }>(
        "select count(*)::int as n from millrace.run where state = 'succeeded'",
      );
      expect(ended?.n, "its end is committed").toBe(n + 1);
    }
    await expect.poll(() => counted("millrace.out_delivery"), { timeout: 15_000 }).toBe(runs);
    await expect.poll(() => receiver.got.length, { timeout: 15_000 }).toBe(1);
    expect(await counted("millrace.out_delivery where state = 'waiting'"), "it grows").toBe(runs);
    open();
    await expect.poll(() => receiver.got.length, { timeout: 15_000 }).toBe(runs);
    expect(
      receiver.got.map(({ body }) => body["id"]),
      "in order",
    ).toEqual(Array.from({ length: runs }, (_, n) => `run_${n + 1}`));
    expect(new Set(typesGot())).toEqual(new Set(["dev.millrace.pipeline.run.succeeded.v1"]));
  });

  test("cost nothing where nobody is told, and stop where somebody is told no more", async () => {
    await engine.update("orders");
    await engine.settle();
    expect(await counted("millrace.out_fact")).toBe(0);
    await declareAll(crm(["dev.millrace.*"]));
    await engine.update("orders");
    await engine.settle();
    expect(await counted("millrace.out_fact")).toBe(1);
    await declareAll({ outs: [], alerts: [] });
    expect(await counted("millrace.out_fact"), "what waits for nobody goes").toBe(0);
    await engine.update("orders");
    await engine.settle();
    expect(await counted("millrace.out_fact")).toBe(0);
  });

  test("that people want to know of alert each channel of their namespace once", async () => {
    const channels = [slack({ url: "SLACK" }), webhook({ url: "HOOK" })];
    const declared = {
      outs: [],
      alerts: [
        { namespace: "default", channels },
        { namespace: "ops", channels: [slack({ name: "pager", url: "SLACK" })] },
      ],
    };
    await declareAll(declared);
    await engine.start("etl");
    await engine.settle({ load: () => failed("no such file") });
    const lost = (n: number) => ({ source: "sqs:in", reason: "no JSON", body: `${n}` });
    await engine.store.recordDeadLetters([lost(1), lost(2)]);
    await engine.store.recordDeadLetters([lost(3)]);
    // Of another deployment's evaluation, or one that comes again: the incident is the same.
    await engine.rows(
      "insert into millrace.out_fact (subscriber, kind, fact_id) values ('alert/default/slack', 'run', 1)",
    );
    await start(declared);
    await expect.poll(() => counted("millrace.out_fact"), { timeout: 15_000 }).toBe(0);
    const waiting = "millrace.out_delivery where state = 'waiting'";
    await expect.poll(() => counted(waiting), { timeout: 15_000 }).toBe(0);
    const told = await engine.rows<{ subscriber: string; n: number }>(
      `select subscriber, count(*)::int as n from millrace.out_delivery group by 1 order by 1`,
    );
    expect(told).toEqual([
      { subscriber: "alert/default/slack", n: 2 },
      { subscriber: "alert/default/webhook", n: 2 },
      { subscriber: "alert/ops/pager", n: 1 },
    ]);
    const [alert] = receiver.got.filter(({ path }) => path === "/hook");
    expect(alert?.body).toMatchObject({
      type: "millrace.alert",
      data: {
        key: "run_failed:default%2Fetl:1",
        title: "etl failed (run_1)",
        command: "millrace why run_1",
      },
    });
    expect(JSON.stringify(alert?.body)).toContain("no such file");
    expect(problems).toEqual([]);
  });

  test("that go on without an end are dead letters, and told of", async () => {
    const datasets = declare(datasetSpec("orders"));
    await engine.register(
      pipelineSpec("etl", [taskSpec("load")], { datasets }),
      pipelineSpec("reader", [taskSpec("read")], {
        datasets,
        triggers: { data: updated(leg("orders")) },
      }),
    );
    const channels = [slack({ url: "SLACK" })];
    await declareAll({ outs: [], alerts: [{ namespace: "default", channels }] });
    await engine.start("etl");
    await engine.rows("update millrace.run set hop = 64");
    await engine.settle({ load: () => produced("orders") });
    expect(await counted("millrace.out_fact where kind = 'dead_letter'")).toBe(1);
    await engine.update("orders");
    await engine.rows("update millrace.update set hop = 64");
    await engine.settle();
    expect(await counted("millrace.dead_letter")).toBe(2);
    expect(await counted("millrace.out_fact where kind = 'dead_letter'")).toBe(2);
  });

  test("of a run tell lineage of it and its tasks in order, once, when it has ended", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "lineage-"));
    const file = path.join(folder, "events.jsonl");
    const lineage = openLineageOut("file", { file, namespace: "test" });
    const declared = { outs: [lineage], alerts: [] };
    await declareAll(declared);
    await engine.update("orders");
    await engine.start("etl");
    await engine.settle({ load: () => produced("orders") });
    await start(declared);
    const waiting = "millrace.out_delivery where state = 'delivered'";
    await expect.poll(() => counted(waiting), { timeout: 15_000 }).toBe(5);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    await rm(folder, { recursive: true });
    expect(problems).toEqual([]);
    const events = lines.map((line) => JSON.parse(line) as Record<string, JsonValue>);
    const ofRun = events.filter((event) => "job" in event);
    expect(ofRun.map(({ eventType, job }) => [eventType, isRecord(job) && job["name"]])).toEqual([
      ["START", "etl"],
      ["START", "etl.load"],
      ["COMPLETE", "etl.load"],
      ["COMPLETE", "etl"],
    ]);
    expect(ofRun.map(({ outputs }) => (outputs as readonly JsonValue[]).length)).toEqual([
      0, 0, 1, 1,
    ]);
    expect(events.filter((event) => "dataset" in event)).toHaveLength(1);
  });
});

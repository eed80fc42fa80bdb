/** CloudEvents in a real stream of NATS, from the outbox on. */
import type { OutgoingEvent } from "@millrace/core/internal";
import {
  type Database,
  migrate,
  openEmbedded,
  openSubscribers,
  outboxStore,
  putOutNow,
  readOutbox,
} from "@millrace/postgres";
import { cloudEventsOut } from "@millrace/sensors";
import {
  natsSend,
  natsTargetsOf,
  type OutSend,
  openConnection,
  readOuts,
  sendOutbox,
} from "@millrace/sensors/internal";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { describeWithNats, natsUrl, openStream, type TestStream } from "../harness/nats.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";

const TIMES = { firstDelayMs: 20, factor: 1, delayMsMax: 20, ageMsMax: 60_000 };
const POLICY = { ...TIMES, attemptsMax: 500, refusalsMax: 500 };
const nobody: OutSend = () => Promise.reject(new Error("this is for NATS"));

describeWithNats("CloudEvents on NATS", () => {
  let database: Database;
  let stream: TestStream;
  beforeAll(async () => {
    database = await openEmbedded({ directory: null });
    await migrate(database);
    await openSubscribers(database, ["cloudevents/bus"]);
    return () => database.close();
  }, 60_000);
  beforeEach(async () => {
    stream = await openStream();
    return () => stream.close();
  });

  /** What is sent with, from the declaration on, as a process of `millrace` has it. */
  async function outOn(server: string, subject = `${stream.name}.facts`) {
    const nats = { connection: "bus", subject };
    const outs = [cloudEventsOut("bus", { nats, events: ["order.*"] })];
    const source = {
      environment: { MILLRACE_CONNECTION_BUS: server },
      readFile: () => Promise.reject(new Error("no files here")),
    };
    const read = await readOuts(
      { outs, alerts: [] },
      { ...source, base: "millrace:t", pageUrl: null },
    );
    const { send, close } = natsSend(natsTargetsOf({ outs }), nobody, (name) =>
      openConnection(name, source),
    );
    onTestFinished(close);
    return { ...read, send };
  }

  type Out = Awaited<ReturnType<typeof outOn>>;

  async function put({ makers }: Out, ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const [made] = makers.get("cloudevents/bus")?.(fact(id)) ?? [];
      if (made === undefined) throw new Error("nothing was made of the fact");
      await putOutNow(database, [{ subscriber: "cloudevents/bus", ...made }]);
    }
  }

  function start({ targets, send }: Out): void {
    const stopping = new AbortController();
    const pace = {
      random: () => 0.5,
      now: () => Date.now(),
      pause: (ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          setTimeout(resolve, Math.min(ms, 20));
          signal.addEventListener("abort", () => resolve());
        }),
    };
    const onProblem = (problem: unknown): void => console.error(problem);
    const store = outboxStore(database);
    const done = sendOutbox(
      { store, send, pace, targets, policy: POLICY, onProblem },
      stopping.signal,
    );
    onTestFinished(async () => {
      stopping.abort();
      await done;
    });
  }

  const idsIn = async (): Promise<readonly unknown[]> =>
    (await stream.list()).map(({ body }) => (JSON.parse(body) as { id: unknown }).id);

  test("are stored in order, structured, under an id that the stream can know them by", async () => {
    const out = await outOn(natsUrl());
    expect(out.problems).toEqual([]);
    await put(out, [1, 2, 3]);
    start(out);
    await expect.poll(idsIn).toEqual(["event_1", "event_2", "event_3"]);
    const [first] = await stream.list();
    expect(first).toMatchObject({
      subject: `${stream.name}.facts`,
      headers: {
        "content-type": expect.stringContaining("application/cloudevents+json"),
        "Nats-Msg-Id": '["cloudevents/bus","millrace:t/events/order.returned","event_1"]',
      },
    });
    expect(JSON.parse(first?.body ?? "")).toMatchObject({
      specversion: "1.0",
      type: "order.returned",
      data: { n: 1 },
    });
  });

  test("that are sent twice are stored once", async () => {
    const out = await outOn(natsUrl());
    const [made] = out.makers.get("cloudevents/bus")?.(fact(7)) ?? [];
    const target = out.targets.get("cloudevents/bus");
    const request = {
      method: "POST" as const,
      url: target?.url ?? "",
      headers: made?.message.headers ?? {},
      body: made?.message.body as string,
      timeoutMs: 5_000,
    };
    expect(await out.send(request)).toMatchObject({ type: "answered", status: 200 });
    expect(await out.send(request)).toMatchObject({ type: "answered", status: 200 });
    expect(await idsIn()).toEqual(["event_7"]);
  });

  test("wait while the server is away, and keep their order", async () => {
    const { hostname, port } = new URL(natsUrl());
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    const out = await outOn(`nats://127.0.0.1:${gate.port}`);
    await put(out, [11]);
    start(out);
    await expect.poll(idsIn).toEqual(["event_11"]);
    gate.shut();
    await put(out, [12, 13]);
    const lastProblem = async (): Promise<unknown> => (await readOutbox(database))[0]?.lastProblem;
    await expect.poll(lastProblem).toEqual(expect.stringContaining("no answer"));
    gate.reopen();
    await expect.poll(idsIn, { timeout: 10_000 }).toEqual(["event_11", "event_12", "event_13"]);
  });

  test("on a subject that no stream takes fail, and say so", async () => {
    const out = await outOn(natsUrl(), "nobody.hears.this");
    const target = out.targets.get("cloudevents/bus");
    const request = { method: "POST", url: target?.url ?? "", headers: {} } as const;
    expect(await out.send({ ...request, body: "{}", timeoutMs: 5_000 })).toEqual({
      type: "unreachable",
      reason: "no stream takes the subject nobody.hears.this",
    });
  });
});

function fact(id: number): OutgoingEvent {
  return {
    kind: "event",
    id,
    at: "2026-11-22T06:00:00.000Z",
    correlationId: `event_${id}`,
    traceparent: null,
    runId: null,
    name: "order.returned",
    data: { n: id },
  };
}

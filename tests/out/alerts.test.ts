/** Alerts from the engine to the channel: what the engine itself finds, and no storm of it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { declareSubscribers, feedStore, outboxStore } from "@millrace/postgres";
import { webhook } from "@millrace/sensors";
import {
  allowedTargets,
  boundedSend,
  type OutDeclarations,
  readOuts,
  type Sender,
  startSender,
  subscribersOf,
} from "@millrace/sensors/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, failed, startEngine } from "../engine/engine.ts";
import {
  DAY,
  datasetSpec,
  declare,
  leg,
  pipelineSpec,
  taskSpec,
  updated,
} from "../engine/specs.ts";

interface Alert {
  readonly key: string;
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  readonly command: string | null;
}

/** Keeps the alerts that it is sent, by the path that they came to. */
async function listen() {
  const got: (Alert & { readonly path: string })[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { data } = JSON.parse(body) as { readonly data: Alert };
      got.push({ ...data, path: request.url ?? "" });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { got, url, close: () => new Promise((resolve) => server.close(resolve)) };
}

const at = (time: string): string => `2026-03-01T${time}:00Z`;
const both = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;
const deadline = { due: { afterMs: 3_600_000 }, then: "alert", late: "record" } as const;
const one = { date: "2026-03-01" };

describe("alerts", () => {
  let engine: Engine;
  let receiver: Awaited<ReturnType<typeof listen>>;
  let sender: Sender | null = null;
  const problems: unknown[] = [];

  beforeEach(async () => {
    [engine, receiver] = await Promise.all([startEngine("server"), listen()]);
    problems.length = 0;
    await engine.setNow(at("00:00"));
    const channels = [webhook({ name: "pager", url: "PAGER" }), webhook({ url: "HOOK" })];
    const declared: OutDeclarations = {
      outs: [],
      alerts: [
        { namespace: "default", channels },
        { namespace: "ops", channels: [webhook({ name: "ops", url: "OPS" })] },
      ],
    };
    await declareSubscribers(engine.database, "test", subscribersOf(declared));
    const environment = {
      PAGER: `${receiver.url}/pager`,
      HOOK: `${receiver.url}/hook`,
      OPS: `${receiver.url}/ops`,
    };
    const readFile = (): Promise<string> => Promise.reject(new Error("no file"));
    const base = "https://flow.example.com";
    const read = await readOuts(declared, { environment, readFile, base, pageUrl: null });
    sender = startSender(read, {
      outbox: outboxStore(engine.database),
      feed: feedStore(engine.database),
      send: boundedSend({ allow: allowedTargets(["127.0.0.0/8"]) }),
      onProblem: (error) => problems.push(error),
    });
  }, 60_000);
  afterEach(async () => {
    await sender?.stop();
    sender = null;
    await receiver.close();
    await engine.close();
  });

  /** Time passes, and every timer that is due fires. */
  const pass = async (to: string): Promise<void> => {
    await engine.setNow(at(to));
    while ((await engine.store.fireDue(100)).fired > 0);
    await engine.settle();
  };
  const counted = async (table: string): Promise<number> => {
    const [row] = await engine.rows<{ n: number }>(`select count(*)::int as n from ${table}`);
    return row?.n ?? -1;
  };
  /** What the channels have once everything that is to be told has been. */
  const told = async (): Promise<typeof receiver.got> => {
    const left =
      "(select 1 from millrace.out_fact union all " +
      "select 1 from millrace.out_delivery where state = 'waiting') x";
    await expect.poll(() => counted(left), { timeout: 20_000 }).toBe(0);
    return receiver.got.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  };

  test("tell each channel of a dataset that goes stale once, and again after it was fresh", async () => {
    const a = datasetSpec("a", { freshness: { type: "within", withinMs: 7_200_000 } });
    await engine.register(
      pipelineSpec("reader", [taskSpec("t")], {
        datasets: declare(a),
        triggers: { data: updated(leg("a")) },
      }),
    );
    await pass("01:00");
    await engine.update("a");
    await engine.settle();
    await pass("03:00");
    await pass("04:00");
    const alert = {
      title: "a is stale",
      facts: [
        { label: "Due", text: "2026-03-01T03:00:00.000Z" },
        { label: "Last update", text: "update_1 at 2026-03-01T01:00:00.000Z" },
      ],
      command: "millrace why a",
    };
    expect(await told()).toMatchObject([
      { path: "/hook", ...alert },
      { path: "/pager", ...alert },
    ]);
    await engine.update("a");
    await engine.settle();
    await pass("06:00");
    expect(await told(), "of what is in no other namespace").toHaveLength(4);
    expect(problems).toEqual([]);
  });

  test("tell each channel of a missed deadline once, with what has not come", async () => {
    await engine.register(
      pipelineSpec("p", [taskSpec("t")], {
        partitions: DAY,
        datasets: declare(
          datasetSpec("a", { partitions: DAY }),
          datasetSpec("b", { partitions: DAY }),
        ),
        triggers: { data: { ...updated(both), policy: { each: false, deadline } } },
      }),
    );
    await pass("01:00");
    await engine.update("a", one);
    await engine.settle();
    await pass("02:30");
    await pass("03:30");
    const alert = {
      title: "p missed the deadline of its trigger data",
      facts: [
        { label: "Partition", text: "date=2026-03-01" },
        { label: "Missing", text: "b" },
      ],
      command: "millrace why p/data",
    };
    expect(await told()).toMatchObject([
      { path: "/hook", ...alert },
      { path: "/pager", ...alert },
    ]);
    expect(problems).toEqual([]);
  });

  test("of many failures of a pipeline are ten and one that says that there are more", async () => {
    await engine.register(
      pipelineSpec("etl", [taskSpec("load")]),
      pipelineSpec("other", [taskSpec("load")]),
    );
    for (let n = 0; n < 25; n++) await engine.start("etl");
    await engine.start("other");
    await engine.settle({ load: () => failed("no such file") });
    const titles = (await told())
      .filter(({ path }) => path === "/pager")
      .map(({ title }) => title.replace(/\d+/, "n"));
    expect(titles.filter((title) => title === "etl failed (run_n)")).toHaveLength(10);
    expect(titles.filter((title) => title === "More runs failed of etl")).toHaveLength(1);
    expect(
      titles.filter((title) => title === "other failed (run_n)"),
      "not kept back",
    ).toHaveLength(1);
    expect(titles).toHaveLength(12);
    for (let n = 0; n < 3; n++) await engine.start("etl");
    await engine.settle({ load: () => failed("no such file") });
    const pages = (await told()).filter(({ path }) => path === "/pager");
    expect(pages, "nor later in the hour").toHaveLength(12);
    expect(receiver.got.filter(({ path }) => path === "/ops")).toEqual([]);
  });
});

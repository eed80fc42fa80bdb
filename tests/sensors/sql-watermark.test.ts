/** A watermark from question to question and from run to run, on a real database. */
import { type CheckWait, present } from "@millrace/core/internal";
import { sql } from "@millrace/sensors";
import { decideCheck, OutsideAsker } from "@millrace/sensors/internal";
import { CHECKER_DEFAULTS, startChecker, systemClock } from "@millrace/worker";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Engine, startEngine } from "../engine/engine.ts";
import { pipelineSpec, taskSpec } from "../engine/specs.ts";
import { asking, waitingRoom } from "../engine/waiting-room.ts";
import { createDatabase, type Database } from "../harness/postgres.ts";

let shop: Database;
let client: pg.Client;
let engine: Engine;

beforeAll(async () => {
  shop = await createDatabase();
  client = new pg.Client({ connectionString: shop.url });
  await client.connect();
  await client.query("create table orders (id bigint)");
  engine = await startEngine("server");
  await engine.register(pipelineSpec("watch", [taskSpec("ask")], { result: "ask" }));
}, 60_000);
afterAll(async () => {
  await engine.close();
  await client.end();
  await shop.drop();
});

const { result, count } = waitingRoom(() => engine);

test("each run is given what came since the last one, and nothing twice", async () => {
  const text = "select max(id) from orders";
  const check = sql("shop", { text, until: { moves: true, from: 10 } });
  const wait: CheckWait = {
    kind: "check",
    check: check as CheckWait["check"],
    ...{ everyMs: 60_000, backoff: { type: "constant" }, timeoutMs: null },
  };
  const ask = asking({ name: "check 1", wait });
  const asker = new OutsideAsker({
    environment: { MILLRACE_CONNECTION_SHOP: shop.url },
    readFile: () => Promise.reject(new Error("no such file")),
  });
  const checker = startChecker(
    {
      ...{ checks: engine.store, asker, decide: decideCheck, clock: systemClock },
      followUps: { follow: () => {} },
      observe: () => {},
    },
    { ...CHECKER_DEFAULTS, gapMs: 0 },
  );
  const until = (what: string) =>
    vi.waitFor(async () => expect(await count(what)).toBe(1), { timeout: 10_000 });
  const steps: unknown[] = [];
  for (const id of [10, 12, 15]) {
    await client.query("insert into orders values ($1)", [id]);
    const run = await engine.start("watch");
    await engine.settle({ ask });
    if (id === 10) {
      await until("millrace.check_due where seen like '%\"10\", and it was 10 before'");
      await engine.store.cancelRun(run);
      await engine.settle();
      continue;
    }
    await until("millrace.wake");
    await engine.settle({ ask });
    steps.push(present((await result(run)) as readonly unknown[])[0]);
  }
  await checker.stop();
  expect(steps).toEqual([
    { state: "done", value: { from: 10, to: "12" } },
    { state: "done", value: { from: "12", to: "15" } },
  ]);
}, 30_000);

/** What an operator reads of sources of messages, and what becomes of their messages. */
import { openServer } from "@millrace/postgres";
import pg from "pg";
import { afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { describeWithNats, natsUrl, openStream } from "../harness/nats.ts";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { orderNumbers } from "../sensors/order-messages.ts";
import { killAll, millrace, startMillrace } from "./millrace.ts";

describeWithNats("a scheduler", () => {
  let home: Database;
  let shop: pg.Client;
  beforeAll(async () => {
    home = await createDatabase();
    shop = new pg.Client({ connectionString: home.url });
    await shop.connect();
    await shop.query(`create table public.order_outbox (id bigint generated always as identity,
      payload jsonb, headers jsonb, created_at timestamptz default now())`);
    return async () => {
      await shop.end();
      await home.drop();
    };
  });
  afterEach(killAll);

  test("takes the messages of the sources that a project exports, and says how they are", async () => {
    const stream = await openStream();
    onTestFinished(() => stream.close());
    const database = openServer({ url: home.url, connectionsMax: 1 });
    onTestFinished(() => database.close());
    const { hostname, port } = new URL(natsUrl());
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    const env = {
      MILLRACE_DATABASE_URL: home.url,
      MILLRACE_CONNECTION_BUS: `nats://someone:hush-hush@127.0.0.1:${gate.port}`,
      MILLRACE_CONNECTION_SHOP: home.url,
      BUS_STREAM: stream.name,
    };
    expect(await millrace(["migrate"], { env })).toMatchObject({ code: 0 });
    gate.shut();
    await stream.publish("placed", '{"n":1}');
    await shop.query(`insert into public.order_outbox (payload) values ('{"n":2}')`);
    const scheduler = startMillrace(["scheduler", "messages", "--project", "m"], { env });
    await scheduler.said(/source placed fails, and is tried again: \S/);
    await expect.poll(() => orderNumbers(database), { timeout: 10_000 }).toEqual([2]);
    gate.reopen();
    await scheduler.said(/source placed works again/);
    await expect.poll(() => orderNumbers(database), { timeout: 10_000 }).toEqual([1, 2]);
    scheduler.kill("SIGTERM");
    const { code, stdout, stderr } = await scheduler.ended;
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain("hush-hush");
    expect(stderr).not.toContain("source outbox");
  }, 60_000);
});

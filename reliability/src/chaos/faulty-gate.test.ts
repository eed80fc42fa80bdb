import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type Database } from "../../../tests/harness/postgres.ts";
import { CALM, type FaultyGate, openFaultyGate } from "./faulty-gate.ts";

describe("a way to Postgres that can be broken", () => {
  let database: Database;
  let gate: FaultyGate;
  let direct: Client;

  beforeAll(async () => {
    database = await createDatabase();
    direct = await connect(database.url);
    await direct.query("create table told (what text)");
    const { hostname, port } = new URL(database.url);
    gate = await openFaultyGate({ host: hostname, port: Number(port) });
  });
  afterAll(async () => {
    await direct.end();
    await gate.close();
    await database.drop();
  });
  beforeEach(async () => {
    gate.setWeather(CALM);
    await direct.query("delete from told");
  });

  const through = (): Promise<Client> => {
    const url = new URL(database.url);
    url.port = String(gate.port);
    return connect(url.toString());
  };
  const count = async (): Promise<number> =>
    Number((await direct.query("select count(*) from told")).rows[0].count);
  const tell = async (client: Client): Promise<void> => {
    await client.query("begin");
    await client.query("insert into told values ('it')");
    await client.query("commit");
  };

  test("cuts a commit before the server sees it: nothing is there", async () => {
    const client = await through();
    gate.cutNextCommit("before");
    await expect(tell(client)).rejects.toThrow("Connection terminated");
    expect(await count()).toBe(0);
    expect(gate.commitsCut().before).toBe(1);
  });

  test("cuts a commit before its answer: it is there, and nobody was told", async () => {
    const client = await through();
    gate.cutNextCommit("after");
    await expect(tell(client)).rejects.toThrow("Connection terminated");
    expect(await count()).toBe(1);
    expect(gate.commitsCut().after).toBe(1);
    await tell(await through());
    expect(await count()).toBe(2);
  });

  test("swallows what is sent, and delivers it when it is over", async () => {
    const client = await through();
    gate.setWeather({ ...CALM, isBlackHole: true });
    const telling = client.query("insert into told values ('late')");
    await direct.query("select pg_sleep(0.2)");
    expect(await count()).toBe(0);
    gate.setWeather(CALM);
    await telling;
    expect(await count()).toBe(1);
    await client.end();
  });

  test("is late, in order", async () => {
    const client = await through();
    gate.setWeather({ ...CALM, delayMs: 50 });
    const startedMs = performance.now();
    await tell(client);
    expect(performance.now() - startedMs).toBeGreaterThan(6 * 50 - 20);
    expect(await count()).toBe(1);
    await client.end();
  });

  test("lets nobody in while it is shut, and those in out", async () => {
    const client = await through();
    gate.setWeather({ ...CALM, isShut: true });
    await expect(client.query("select 1")).rejects.toThrow("Connection terminated");
    await expect(through()).rejects.toThrow("Connection terminated");
  });
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // What was cut says so to whoever waits for an answer.
  await client.connect();
  return client;
}

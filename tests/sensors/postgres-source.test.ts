/** Rows of an outbox in a real Postgres, up to the updates that they become. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";
import { openServer } from "@millrace/postgres";
import { postgresSource, type PostgresSourceOptions } from "@millrace/sensors";
import pg from "pg";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { letConsumerDie } from "./dying-consumers.ts";
import {
  BECOMES,
  consumeMessages,
  type ConsumerParts,
  deadLetters,
  type MessagesConsumer,
  numbersFrom,
  orderNumbers,
  registerOrders,
} from "./order-messages.ts";

/** As the guide gives it to people. */
const GUIDE = path.join(import.meta.dirname, "../../docs/guides/event-sources.md");
const OUTBOX = readFileSync(GUIDE, "utf8").split("```sql\n")[1]?.split("```")[0] ?? "";

let home: Database;
let database: ReturnType<typeof openServer>;
let shop: Database;
let writer: pg.Client;
let consumers: MessagesConsumer[] = [];
beforeEach(async () => {
  home = await createDatabase();
  database = openServer({ url: home.url, connectionsMax: 2 });
  await registerOrders(database);
  shop = await createDatabase();
  writer = new pg.Client({ connectionString: shop.url });
  await writer.connect();
  await writer.query(OUTBOX);
});
afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  consumers = [];
  await writer.end();
  await shop.drop();
  await database.close();
  await home.drop();
});

function options(change: Partial<PostgresSourceOptions> = {}): PostgresSourceOptions {
  const base = { name: "returns", url: shop.url, table: "public.return_outbox" };
  return { ...base, every: "1h", becomes: BECOMES, ...change } as PostgresSourceOptions;
}

function consume(
  change: Partial<PostgresSourceOptions> = {},
  parts: ConsumerParts = {},
): MessagesConsumer {
  const consumer = consumeMessages(postgresSource(options(change)), home.url, parts);
  consumers.push(consumer);
  return consumer;
}

async function write(numbers: readonly number[], by: pg.Client = writer): Promise<void> {
  await by.query(
    "insert into return_outbox (payload) select json_build_object('n', n) from unnest($1::int[]) n",
    [numbers],
  );
}

const recorded = (): Promise<readonly number[]> => orderNumbers(database);

async function rowsLeft(): Promise<number> {
  const { rows } = await writer.query<{ n: number }>(
    "select count(*)::int as n from return_outbox",
  );
  return rows[0]?.n ?? 0;
}

test("takes what is there, and at once what a notification tells of, and deletes it", async () => {
  await write(numbersFrom(0, 250));
  const { running, problems } = consume({ batchMax: 100 });
  await eventually(recorded).toEqual(numbersFrom(0, 250));
  await write([250, 251]);
  await eventually(recorded).toEqual(numbersFrom(0, 252));
  await eventually(rowsLeft).toBe(0);
  expect(problems).toEqual([]);
  expect(running.health()).toMatchObject({ state: "working", received: 252, recorded: 252 });
  expect(running.health().lagMs).toBeLessThan(60_000);
});

test("finds what nobody notified it of", async () => {
  await writer.query("drop trigger notify_return_outbox on return_outbox");
  consume({ every: "1s" });
  await write([1]);
  await eventually(recorded).toEqual([1]);
});

test("makes one update of each row, wherever its consumers are killed", async () => {
  await write(numbersFrom(0, 20));
  const source = { type: "postgres", ...options({ batchMax: 4 }) };
  await letConsumerDie(source, home.url, "before the commit");
  expect(await recorded()).toEqual([]);
  await letConsumerDie(source, home.url, "between commit and acknowledgement");
  expect(await recorded()).toEqual(numbersFrom(0, 4));
  expect(await rowsLeft(), "what is recorded and not acknowledged is still there").toBe(20);
  const { running } = consume();
  await eventually(recorded).toEqual(numbersFrom(0, 20));
  await eventually(rowsLeft).toBe(0);
  expect(running.health()).toMatchObject({ received: 20, recorded: 16 });
  expect(await deadLetters(database)).toEqual([]);
}, 60_000);

test("loses no row that is committed after others with a higher id", async () => {
  const slow = new pg.Client({ connectionString: shop.url });
  await slow.connect();
  consume();
  await slow.query("begin");
  await write([1], slow);
  await write([2]);
  await eventually(recorded).toEqual([2]);
  await slow.query("commit");
  await slow.end();
  await eventually(recorded).toEqual([1, 2]);
});

test("shares its table: two consumers take different rows", async () => {
  await write(numbersFrom(0, 300));
  const consumers = [consume({ batchMax: 10 }), consume({ batchMax: 10 })];
  await eventually(recorded).toEqual(numbersFrom(0, 300));
  await eventually(rowsLeft).toBe(0);
  const received = consumers.map(({ running }) => running.health().received);
  expect(received.reduce((sum, each) => sum + each)).toBe(300);
});

test("buries what does not fit, and goes on", async () => {
  await write([1]);
  await writer.query(
    `insert into return_outbox (payload) values ('{}'), ('"${"x".repeat(2 ** 20)}"')`,
  );
  await write([2]);
  consume();
  await eventually(recorded).toEqual([1, 2]);
  await eventually(rowsLeft).toBe(0);
  expect(await deadLetters(database)).toMatchObject([
    { source: "returns", reason: expect.stringContaining("missing at /n"), body: "{}" },
    { source: "returns", reason: expect.stringContaining("at most 1048576 are taken") },
  ]);
});

test("works again when its database is back, and says so", async () => {
  const { hostname, port } = new URL(shop.url);
  const gate = await openTcpGate({ host: hostname, port: Number(port) });
  onTestFinished(() => gate.close());
  const through = new URL(shop.url);
  through.host = `127.0.0.1:${gate.port}`;
  const { running, problems } = consume({ url: through.href });
  await write([1]);
  await eventually(recorded).toEqual([1]);
  gate.shut();
  await write([2]);
  await eventually(() => running.health().state).toBe("failing");
  expect(problems[0]).toContain("could not be read");
  gate.reopen();
  await eventually(recorded).toEqual([1, 2]);
  await eventually(() => running.health().state).toBe("working");
});

test("leaves rows to others while its own store is away", async () => {
  const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
  const tried = Promise.withResolvers<void>();
  const before = (): never => {
    tried.resolve();
    throw away;
  };
  await write([1, 2]);
  consume({}, { before });
  await tried.promise;
  consume({ every: "1s" });
  await eventually(recorded).toEqual([1, 2]);
});

test("says what is missing when there is no such table", async () => {
  const { problems } = consume({ table: "nowhere" });
  await eventually(() => problems[0]).toContain('relation "nowhere" does not exist');
});

test("reads its address from the environment", async () => {
  await write([1]);
  const named = { url: undefined, connection: "shop" };
  consume(named, { environment: { MILLRACE_CONNECTION_SHOP: shop.url } });
  await eventually(recorded).toEqual([1]);
});

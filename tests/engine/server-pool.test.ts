import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";
import {
  createStore,
  type Database,
  openServer,
  PATIENT,
  PROMPT,
  UNHURRIED,
} from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "./specs.ts";

const SHORT = { statementMs: 2_000, lockMs: 1_000, idleMs: 500, answerMs: 1_000 };

let server: TestDatabase;
beforeAll(async () => {
  server = await createDatabase();
});
afterAll(() => server.drop());

async function shown(database: Database): Promise<Record<string, unknown> | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock,
      current_setting('idle_in_transaction_session_timeout') as idle`.execute(database.db);
  return rows[0];
}

test("statement, lock and idle timeouts are set on every kind of connection", async () => {
  const database = openServer({ url: server.url, apart: { control: 1, work: 1 } });
  const patient = { statement: "1min", lock: "30s", idle: "1min" };
  const prompt = { statement: "30s", lock: "15s", idle: "30s" };
  expect(await shown(database)).toEqual(patient);
  expect(await shown(database.apart?.control ?? database)).toEqual(prompt);
  expect(await shown(database.apart?.work ?? database)).toEqual(prompt);
  expect([PATIENT.statementMs, PROMPT.statementMs]).toEqual([60_000, 30_000]);
  await database.close();
});

test("what has no time set, as migrations, may take as long as it takes", async () => {
  const database = openServer({ url: server.url, timeouts: UNHURRIED });
  expect(await shown(database)).toEqual({ statement: "0", lock: "0", idle: "0" });
  await database.close();
});

test("a transaction that idles is ended by the server, and its work can be done again", async () => {
  const database = openServer({ url: server.url, connectionsMax: 1, timeouts: SHORT });
  const tx = await database.db.startTransaction().execute();
  await sql`select pg_current_xact_id()`.execute(tx);
  await expect
    .poll(() => sql`select 1`.execute(tx).catch((error: unknown) => String(error)), {
      interval: 800,
      timeout: 10_000,
    })
    .toMatch(/idle-in-transaction timeout|terminated|not queryable/);
  await tx
    .rollback()
    .execute()
    .catch(() => {});
  expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }]);
  await database.close();
});

test("with one connection used up by each, sweeps, claims and readers do not stop each other", async () => {
  const database = openServer({
    url: server.url,
    connectionsMax: 1,
    apart: { control: 1, work: 1 },
  });
  const store = createStore(database);
  const { control, work } = database.apart ?? { control: database, work: database };
  const cases = [
    { used: database, others: [() => store.expireSessions(), () => store.evaluate([])] },
    { used: work, others: [() => store.expireSessions(), () => store.listSpecs()] },
    { used: control, others: [() => store.claimNext(crypto.randomUUID(), [], 1)] },
  ];
  for (const { used, others } of cases) {
    const tx = await used.db.startTransaction().execute();
    await Promise.all(others.map((other) => other()));
    await tx.rollback().execute();
  }
  await database.close();
});

test("what has parameters is prepared once a connection, and planned anew when tables change", async () => {
  const database = openServer({ url: server.url, connectionsMax: 1 });
  const other = openServer({ url: server.url, connectionsMax: 1 });
  const prepared = async (): Promise<unknown> =>
    (
      await sql`select count(*) from pg_prepared_statements
        where statement like '%from changing where%'`.execute(database.db)
    ).rows;
  const read = async (): Promise<readonly object[]> =>
    (await sql<object>`select * from changing where a = ${1}`.execute(database.db)).rows;
  await sql`create table changing as select 1 as a`.execute(other.db);
  expect([await read(), await read(), await read()]).toEqual([[{ a: 1 }], [{ a: 1 }], [{ a: 1 }]]);
  expect(await prepared()).toEqual([{ count: 1 }]);
  await sql`alter table changing add column b int`.execute(other.db);
  await expect(read()).rejects.toThrow("cached plan must not change result type");
  expect(await read()).toEqual([{ a: 1, b: null }]);
  await Promise.all([database.close(), other.close()]);
});

test("a transaction whose statements do not fit the tables any more is tried again", async () => {
  const database = openServer({ url: server.url, connectionsMax: 1 });
  const store = createStore(database);
  const spec = pipelineSpec("p-changed", [taskSpec("t")]);
  await store.register({ name: "changed", build: null, pipelines: [spec] });
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  const started = async () =>
    (await store.startRun({ pipeline: "default/p-changed", ...manual })).runId;
  const [first, second] = [await started(), await started()];
  await store.cancelRun(first);
  const other = openServer({ url: server.url, connectionsMax: 1 });
  await sql`alter table millrace.run alter column stop_reason type varchar`.execute(other.db);
  await store.cancelRun(second);
  const ended = await sql`select id from millrace.run where state = 'cancelled'`.execute(other.db);
  expect(ended.rows).toEqual([{ id: first }, { id: second }]);
  await sql`alter table millrace.run alter column stop_reason type text`.execute(other.db);
  await Promise.all([database.close(), other.close()]);
});

/** Passes everything on until it is told to swallow what the server says. */
async function startBlackHole(): Promise<{
  readonly url: string;
  swallow(pattern: RegExp): void;
  swallowed(): number;
  close(): Promise<void>;
}> {
  const target = new URL(server.url);
  let pattern: RegExp | null = null;
  let count = 0;
  const proxy = createServer((client) => {
    const upstream = createConnection(Number(target.port), target.hostname);
    let isDeaf = false;
    for (const socket of [client, upstream]) socket.on("error", () => {});
    client.on("data", (data) => {
      if (pattern?.test(data.toString("latin1")) === true) {
        pattern = null;
        count += 1;
        isDeaf = true;
      }
      if (!isDeaf) upstream.write(data);
    });
    upstream.on("data", (data) => void (isDeaf || client.write(data)));
    // What stands between two machines tells neither that the other has gone.
    upstream.on("close", () => void (isDeaf || client.destroy()));
    client.on("close", () => void (isDeaf || upstream.destroy()));
  });
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(server.url);
  url.hostname = "127.0.0.1";
  url.port = String((proxy.address() as { port: number }).port);
  return {
    url: url.toString(),
    swallow: (next) => void (pattern = next),
    swallowed: () => count,
    close: () => new Promise((resolve) => void proxy.close(() => resolve())),
  };
}

describe("a network that swallows what it is given", () => {
  test("a statement without an answer fails in time, and the next goes over a new connection", async () => {
    const hole = await startBlackHole();
    const database = openServer({ url: hole.url, connectionsMax: 1, timeouts: SHORT });
    await createStore(database).listSpecs();
    hole.swallow(/select 17/);
    const began = performance.now();
    const lost = await sql`select 17`.execute(database.db).catch((error: unknown) => String(error));
    expect(lost).toMatch(/timeout/);
    expect((await sql`select 18 as n`.execute(database.db)).rows).toEqual([{ n: 18 }]);
    expect(performance.now() - began).toBeLessThan(4 * SHORT.answerMs);
    expect(hole.swallowed()).toBe(1);
    await database.close();
  });

  test("a commit that never arrives is told apart in time: the update is recorded once", async () => {
    const hole = await startBlackHole();
    // Longer than the test: nothing but the question about its fate may end it.
    const timeouts = { ...SHORT, idleMs: 300_000, statementMs: 300_000 };
    const database = openServer({ url: hole.url, connectionsMax: 2, timeouts });
    const store = createStore(database);
    const d = datasetSpec("swallowed");
    const spec = pipelineSpec("p-swallowed", [taskSpec("t")], { datasets: declare(d) });
    await store.register({ name: "swallowed", build: null, pipelines: [spec] });
    hole.swallow(/\bcommit\b/i);
    const source = { type: "api", key: "test" };
    const began = performance.now();
    const refused = await store
      .recordUpdates([
        {
          ...{ dataset: "default/swallowed", partition: {}, kind: "changed", uri: null },
          ...{ metadata: null, source, idempotencyKey: null, correlationId: null },
        },
      ])
      .catch((error: unknown) => error);
    expect(hole.swallowed()).toBe(1);
    expect(MillraceError.is(refused) ? refused.message : "").toBe("");
    expect(performance.now() - began).toBeLessThan(10_000);
    const { rows } = await sql<{ count: number }>`
      select count(*) from millrace.update u join millrace.dataset d on d.id = u.dataset_id
      where d.name = 'swallowed'`.execute(database.db);
    expect(rows).toEqual([{ count: 1 }]);
    await database.close();
  }, 40_000);
});

test("a server that ends a connection while it is checked out and idle does not end the process", async () => {
  const script = `
    import { openServer } from "@millrace/postgres";
    import { sql } from "kysely";
    const database = openServer({ url: ${JSON.stringify(server.url)}, connectionsMax: 2 });
    const tx = await database.db.startTransaction().execute();
    const { rows } = await sql\`select pg_backend_pid() as pid\`.execute(tx);
    await sql\`select pg_terminate_backend(\${rows[0].pid})\`.execute(database.db);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await tx.rollback().execute().catch(() => {});
    const { rows: again } = await sql\`select 1 as one\`.execute(database.db);
    process.stdout.write(JSON.stringify(again));
    await database.close();`;
  const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, args, { cwd: path.resolve(import.meta.dirname, "../..") });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  expect({ code, said }).toEqual({ code: 0, said: '[{"one":1}]' });
});

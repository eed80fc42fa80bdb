import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";
import { checkSchema, createStore, migrate, openEmbedded, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { type CommitCutter, startCommitCutter } from "./commit-cutter.ts";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "./specs.ts";

describe("the embedded database", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "millrace-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test("refuses a directory that is open already, and says who has it", async () => {
    const first = await openEmbedded({ directory });
    const refusal = await openEmbedded({ directory }).catch((error: unknown) => error);
    expect(MillraceError.is(refusal, "DIRECTORY_LOCKED")).toBe(true);
    expect(String(refusal)).toContain(`process ${process.pid}`);
    await first.close();
    await (await openEmbedded({ directory })).close();
  }, 60_000);

  test("opens a directory whose holder was killed", async () => {
    const script = `import { openEmbedded } from "@millrace/postgres";
      await openEmbedded({ directory: ${JSON.stringify(directory)} });
      process.stdout.write("open"); setInterval(() => {}, 1000);`;
    const file = new URL("./holder.ts", import.meta.url).pathname;
    const args = ["--conditions=@millrace/source", "--input-type=module", "-e", script];
    const holder = spawn(process.execPath, args, { cwd: path.dirname(file) });
    await once(holder.stdout, "data");
    expect(await openEmbedded({ directory }).catch(() => "refused")).toBe("refused");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await (await openEmbedded({ directory })).close();
  }, 60_000);

  test("keeps what was committed, and migrates once", async () => {
    const first = await openEmbedded({ directory });
    expect(await migrate(first)).not.toEqual([]);
    await checkSchema(first);
    await createStore(first).recordDeadLetters([{ source: "s", reason: "r", body: "a\0b" }]);
    await first.close();
    const again = await openEmbedded({ directory });
    expect(await migrate(again)).toEqual([]);
    const { rows } = await sql<{ body: string }>`
      select body from millrace.dead_letter`.execute(again.db);
    expect(rows).toEqual([{ body: "a\uFFFDb" }]);
    await again.close();
  }, 60_000);
});

test("an empty database is refused with the command that mends it", async () => {
  const database = await openEmbedded({ directory: null });
  const refusal = await checkSchema(database).catch((error: unknown) => error);
  expect(MillraceError.is(refusal, "SCHEMA_MISMATCH")).toBe(true);
  expect(String(refusal)).toContain("millrace migrate");
  await database.close();
}, 60_000);

describe("a server whose connections break at the commit", () => {
  let server: TestDatabase;
  let cutter: CommitCutter;
  beforeAll(async () => {
    server = await createDatabase();
    cutter = await startCommitCutter(server.url);
  });
  afterAll(async () => {
    await cutter.close();
    await server.drop();
  });

  test.each(["before", "after"] as const)(
    "cut %s the server saw it, an update is recorded exactly once",
    async (when) => {
      const database = openServer({ url: cutter.url, connectionsMax: 2 });
      const store = createStore(database);
      const d = datasetSpec(`cut-${when}`);
      const spec = pipelineSpec(`p-${when}`, [taskSpec("t")], { datasets: declare(d) });
      await store.register({ name: when, build: null, pipelines: [spec] });
      const cuts = cutter.cuts();
      cutter.cutNext(when);
      const { ids } = await store.recordUpdates([
        {
          dataset: `default/cut-${when}`,
          partition: {},
          kind: "changed",
          uri: null,
          metadata: null,
          source: { type: "api", key: "test" },
          idempotencyKey: null,
          correlationId: null,
        },
      ]);
      expect(cutter.cuts()).toBe(cuts + 1);
      const { rows } = await sql<{ id: number }>`
        select u.id from millrace.update u join millrace.dataset d on d.id = u.dataset_id
        where d.name = ${`cut-${when}`}`.execute(database.db);
      expect(rows.map(({ id }) => id)).toEqual(ids);
      await database.close();
    },
  );

  test("a connection that is dropped while checked out does not end the process", async () => {
    const problems: Error[] = [];
    const options = { url: server.url, connectionsMax: 1 };
    const database = openServer({ ...options, onProblem: (error) => void problems.push(error) });
    const tx = await database.db.startTransaction().execute();
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    const admin = openServer({ url: server.url, connectionsMax: 1 });
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(admin.db);
    await admin.close();
    await expect(sql`select 1`.execute(tx)).rejects.toThrow(/terminat|not queryable/);
    await tx
      .rollback()
      .execute()
      .catch(() => {});
    expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }]);
    expect(problems).not.toHaveLength(0);
    await database.close();
  });
});

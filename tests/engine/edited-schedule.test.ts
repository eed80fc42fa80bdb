import { createStore, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

const scheduled = (cron: string, priority = 0) =>
  pipelineSpec("scheduled", [taskSpec("a", { priority })], {
    triggers: {
      t: {
        type: "schedule",
        enabled: true,
        cron,
        timezone: "UTC",
        catchup: "last",
        partition: {},
        params: {},
      },
    },
  });

describe.each(["embedded", "server"] as const)("a schedule on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());

  const dueAt = async (): Promise<string | undefined> => {
    const [row] = await engine.rows<{ due_at: Date }>(
      "select due_at from millrace.timer where kind = 'schedule'",
    );
    return row?.due_at.toISOString();
  };

  test("that is edited is due at its own next tick, not at one of the old schedule", async () => {
    await engine.setNow("2026-03-01T00:30:00Z");
    await engine.register(scheduled("0 * * * *"));
    expect(await dueAt()).toBe("2026-03-01T01:00:00.000Z");
    await engine.register(scheduled("0 6 * * *"));
    expect(await dueAt()).toBe("2026-03-01T06:00:00.000Z");
  });

  test("whose pipeline is edited while it is overdue still fires the missed tick", async () => {
    await engine.setNow("2026-03-01T07:00:00Z");
    await engine.register(scheduled("0 6 * * *", 1));
    expect(await dueAt()).toBe("2026-03-01T06:00:00.000Z");
  });
});

test("timers wait for a registration that is under way", async () => {
  const server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 3 });
  const store = createStore(database);
  const registering = await database.db.startTransaction().execute();
  await sql`select pg_advisory_xact_lock(7714001)`.execute(registering);
  let isFired = false;
  const fired = store.fireDue(10).then(() => (isFired = true));
  let isWaiting = false;
  while (!isWaiting && !isFired) {
    const { rows } = await sql`select from pg_locks
      where locktype = 'advisory' and not granted`.execute(database.db);
    isWaiting = rows.length > 0;
  }
  expect(isWaiting).toBe(true);
  await registering.commit().execute();
  expect(await fired).toBe(true);
  await database.close();
  await server.drop();
});

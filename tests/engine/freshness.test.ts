import type { DatasetSpec, FreshnessSpec } from "@millrace/core/internal";
import { createStore, type Database, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { createDatabase } from "../harness/postgres.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fireFreshness } from "../../packages/postgres/src/freshness.ts";
import { AfterwardsLog } from "../../packages/postgres/src/afterwards.ts";
import { type Engine, startEngine } from "./engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const twoHours: FreshnessSpec = { type: "within", withinMs: 7_200_000 };
const watching = (part: Partial<DatasetSpec>) => {
  const a = datasetSpec("a", part);
  return pipelineSpec("reader", [taskSpec("t")], {
    datasets: declare(a),
    triggers: { data: updated(leg("a")) },
  });
};

describe.each(["embedded", "server"] as const)("freshness on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());
  beforeEach(async () => {
    await engine.setNow("2026-03-01T00:00:00Z");
    await engine.register(watching({}));
    await engine.rows("truncate millrace.update, millrace.event, millrace.fact_pending");
  });

  const state = async (): Promise<string | undefined> => {
    const [row] = await engine.rows<{ text: string }>(`
      select f.state || ' ' || coalesce(to_char(t.due_at at time zone 'UTC', 'DD HH24:MI'), 'none')
        as text
      from millrace.freshness f left join millrace.timer t on t.dataset_id = f.dataset_id`);
    return row?.text;
  };
  const events = async (): Promise<readonly string[]> => {
    const rows = await engine.rows<{ name: string }>("select name from millrace.event order by id");
    return rows.map(({ name }) => name.replace("millrace.dataset.", ""));
  };
  const at = async (time: string): Promise<void> => {
    await engine.setNow(`2026-03-${time}Z`);
    await engine.store.fireDue(100);
    await engine.settle();
  };
  const update = async (time: string, metadata: { rows: number } | null = null) => {
    await engine.setNow(`2026-03-${time}Z`);
    await engine.update("a", {}, metadata);
    await engine.settle();
  };

  test("a dataset goes stale once, and an update makes it fresh again", async () => {
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({ freshness: twoHours }));
    expect([await state(), await events()]).toEqual(["unknown none", []]);
    await update("01T09:00:00");
    expect([await state(), await events()]).toEqual(["fresh 01 11:00", ["fresh"]]);
    await at("01T11:00:00");
    await at("01T12:00:00");
    expect([await state(), await events()]).toEqual(["stale none", ["fresh", "stale"]]);
    const [told] = await engine.rows<{ data: unknown }>(
      "select data from millrace.event where name = 'millrace.dataset.stale'",
    );
    expect(told?.data).toEqual({
      dataset: "default/a",
      since: "2026-03-01T11:00:00.000Z",
      due: "2026-03-01T11:00:00.000Z",
      lastUpdate: { id: expect.any(Number), at: "2026-03-01T09:00:00.000Z" },
    });
    await update("01T13:00:00");
    expect([await state(), await events()]).toEqual([
      "fresh 01 15:00",
      ["fresh", "stale", "fresh"],
    ]);
  });

  test("an update of a fresh dataset sets no timer; the old one finds it, and is set anew", async () => {
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({ freshness: twoHours }));
    await update("01T09:00:00");
    await update("01T10:30:00");
    expect(await state()).toBe("fresh 01 11:00");
    await at("01T11:00:00");
    expect([await state(), await events()]).toEqual(["fresh 01 12:30", ["fresh"]]);
  });

  test("an update that is held in quarantine keeps nothing fresh until it is released", async () => {
    const that = { path: ["metadata", "rows"], op: "gt", value: 0 } as const;
    const checks = [{ name: "has rows", blocking: true, that }];
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({ freshness: twoHours, checks }));
    await update("01T09:00:00", { rows: 1 });
    await update("01T10:30:00", { rows: 0 });
    await at("01T11:30:00");
    expect(await state()).toBe("stale none");
    const [held] = await engine.rows<{ id: number }>(
      "select id from millrace.update where quarantined",
    );
    await engine.store.releaseUpdate(held?.id ?? 0, "test");
    await engine.settle();
    expect(await state()).toBe("fresh 01 12:30");
  });

  test("what goes stale by a daily time follows the clocks of its zone", async () => {
    const daily: FreshnessSpec = { type: "by", at: "06:00", timezone: "Europe/Berlin" };
    await engine.setNow("2026-03-27T08:00:00Z");
    await engine.register(watching({ freshness: daily }));
    await update("27T12:00:00");
    // Clocks are set on in the night before the 29th: six o'clock comes an hour earlier.
    expect(await state()).toBe("fresh 29 04:00");
    await at("29T03:59:59");
    expect(await events()).toEqual(["fresh"]);
    await at("29T04:00:00");
    expect(await events()).toEqual(["fresh", "stale"]);
  });

  test("a policy that comes to a dataset which is old already finds it stale", async () => {
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({}));
    await update("01T09:00:00");
    await engine.setNow("2026-03-02T09:00:00Z");
    await engine.register(watching({ freshness: twoHours }));
    expect(await events()).toEqual([]);
    await at("02T09:00:01");
    expect([await state(), await events()]).toEqual(["stale none", ["stale"]]);
  });

  test("a policy that is edited counts from then on, and one that goes takes its timer along", async () => {
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({ freshness: twoHours }));
    await update("01T09:00:00");
    await engine.register(watching({ freshness: { type: "within", withinMs: 3_600_000 } }));
    expect(await state()).toBe("fresh 01 10:00");
    await at("01T10:00:00");
    expect(await state()).toBe("stale none");
    await engine.register(watching({ freshness: twoHours }));
    await at("01T10:00:01");
    expect([await state(), await events()]).toEqual([
      "fresh 01 11:00",
      ["fresh", "stale", "fresh"],
    ]);
    await engine.register(watching({}));
    expect(await state()).toBeUndefined();
    expect(await engine.rows("select 1 from millrace.timer")).toEqual([]);
  });

  test("a process that dies while it decides leaves the timer to the next", async () => {
    await engine.setNow("2026-03-01T08:00:00Z");
    await engine.register(watching({ freshness: twoHours }));
    await update("01T09:00:00");
    await engine.setNow("2026-03-01T12:00:00Z");
    const [timer] = await engine.rows<{ dataset_id: number }>(
      "select dataset_id from millrace.timer",
    );
    const tx = await engine.database.db.startTransaction().execute();
    const log = new AfterwardsLog();
    await fireFreshness({ tx, log }, [timerOf(timer?.dataset_id ?? 0)]);
    expect(log.done().facts).toHaveLength(1);
    await tx.rollback().execute();
    expect([await state(), await events()]).toEqual(["fresh 01 11:00", ["fresh"]]);
    await at("01T12:00:00");
    expect([await state(), await events()]).toEqual(["stale none", ["fresh", "stale"]]);
  });
});

test("an update that comes while its dataset is going stale makes it fresh again", async () => {
  const server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 4 });
  const store = createStore(database);
  const pipelines = [watching({ freshness: twoHours })];
  await store.register({ name: "test", build: null, pipelines });
  const record = async (): Promise<void> => {
    const rest = { uri: null, idempotencyKey: null, correlationId: null, metadata: null };
    const source = { type: "api", key: "test" };
    await store.recordUpdates([
      { dataset: "default/a", partition: {}, kind: "changed", source, ...rest },
    ]);
  };
  await record();
  await store.evaluate(await store.listPending(0, 10));
  const past = "now() - interval '3 hours'";
  for (const change of [`update set at = ${past}`, `freshness set due_at = ${past}`]) {
    await sql.raw(`update millrace.${change}`).execute(database.db);
  }
  const watched = await sql<{ id: number }>`
    select dataset_id as id from millrace.freshness`.execute(database.db);
  const firing = await database.db.startTransaction().execute();
  const log = new AfterwardsLog();
  await fireFreshness({ tx: firing, log }, [timerOf(watched.rows[0]?.id ?? 0)]);
  await record();
  const evaluated = store.evaluate(await store.listPending(0, 10));
  await waitsForLock(database);
  await firing.commit().execute();
  await evaluated;
  const { rows: after } = await sql<{ state: string; names: readonly string[] }>`
    select state, array(select name from millrace.event order by id) as names
    from millrace.freshness`.execute(database.db);
  const names = ["fresh", "stale", "fresh"].map((name) => `millrace.dataset.${name}`);
  expect(after).toEqual([{ state: "fresh", names }]);
  await database.close();
  await server.drop();
});

function timerOf(datasetId: number) {
  const none = { trigger_id: null, task_run_id: null, attempt: null, slot: null, limit_id: null };
  const now = new Date();
  return { id: 0, kind: "freshness", due_at: now, now, dataset_id: datasetId, ...none } as const;
}

async function waitsForLock(database: Database): Promise<void> {
  for (let look = 0; look < 2_000; look++) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
    if ((rows[0]?.count ?? 0) > 0) return;
  }
  throw new Error("nobody waits for a lock");
}

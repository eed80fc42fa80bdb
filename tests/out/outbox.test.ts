import { setTimeout as sleep } from "node:timers/promises";
import type { OutDelivery } from "@millrace/core/internal";
import {
  createStore,
  type Database,
  declareSubscribers,
  migrate,
  openEmbedded,
  openServer,
  openSubscribers,
  outboxStore,
  putOut,
  putOutNow,
  listDeadDeliveries,
  readOutbox,
  redrive,
} from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";

const item = (subscriber: string, key: string) => ({
  subscriber,
  key,
  message: { contentType: "application/json", headers: {}, body: { key } },
});
const keysOf = (taken: readonly OutDelivery[]): readonly string[] =>
  taken.map(({ message }) => (message.body as { key: string }).key);
const LEASE_MS = 60_000;
const SAID = { by: "ann", why: "the receiver is mended" };

async function open(kind: "embedded" | "server") {
  if (kind === "server") {
    const server = await createDatabase();
    const database = openServer({ url: server.url, connectionsMax: 4 });
    return { database, drop: () => server.drop() };
  }
  const database = await openEmbedded({ directory: null });
  await migrate(database);
  return { database, drop: async () => {} };
}

describe.each(["embedded", "server"] as const)("the outbox on the %s database", (kind) => {
  let database: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    ({ database, drop } = await open(kind));
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await drop();
  });
  beforeEach(async () => {
    await sql`delete from millrace.out_delivery`.execute(database.db);
    await sql`delete from millrace.out_fact`.execute(database.db);
    await sql`delete from millrace.out_subscriber`.execute(database.db);
    await openSubscribers(database, ["erp", "crm", "crm"]);
  });
  const take = (limit = 10, leaseMs = LEASE_MS, names: readonly string[] = ["crm", "erp"]) =>
    outboxStore(database).takeDue(names, limit, leaseMs);
  const only = async (): Promise<OutDelivery> => {
    const [delivery] = await take();
    if (delivery === undefined) throw new Error("there is nothing to take");
    return delivery;
  };
  const delivered = { type: "delivered", status: 200 } as const;
  const prune = () =>
    createStore(database).prune("out", { historyMs: 3_600_000, keysMs: 3_600_000 }, 10);

  test("gives each subscriber its oldest, and the next only when that has ended", async () => {
    await putOutNow(database, [item("crm", "a"), item("erp", "b"), item("crm", "c")]);
    const taken = await take();
    expect(keysOf(taken).toSorted()).toEqual(["a", "b"]);
    expect(await take(), "both are taken").toEqual([]);
    const first = taken.find(({ subscriber }) => subscriber === "crm");
    if (first === undefined) throw new Error("it was not taken");
    expect(await outboxStore(database).record(first, delivered)).toBe(true);
    expect(keysOf(await take())).toEqual(["c"]);
  });

  test("gives a sender only what it sends to, and no more than it asked for", async () => {
    await putOutNow(database, [item("crm", "a"), item("erp", "b")]);
    expect(keysOf(await take(10, LEASE_MS, ["erp"]))).toEqual(["b"]);
    await putOutNow(database, [item("erp", "d")]);
    expect(await take(0)).toEqual([]);
    expect(keysOf(await take(1))).toEqual(["a"]);
  });

  test("tells a subscriber of each key once, and others of it too", async () => {
    expect(await putOutNow(database, [item("crm", "a"), item("crm", "a")])).toBe(1);
    expect(await putOutNow(database, [item("crm", "a"), item("erp", "a")])).toBe(1);
    await outboxStore(database).record(await only(), delivered);
    expect(await putOutNow(database, [item("crm", "a")]), "also once it was delivered").toBe(0);
  });

  test("keeps nothing of a transaction that failed", async () => {
    await expect(
      database.db.transaction().execute(async (tx) => {
        await putOut(tx as never, [item("crm", "a")]);
        throw new Error("it fails");
      }),
    ).rejects.toThrow("it fails");
    expect(await take()).toEqual([]);
  });

  test("gives a message again when its lease has run out, and then hears the later one only", async () => {
    await putOutNow(database, [item("crm", "a")]);
    const [late] = await take(1, 0);
    const again = await only();
    if (late === undefined) throw new Error("it was not taken");
    expect(again).toMatchObject({ id: late.id, fence: late.fence + 1 });
    const { record } = outboxStore(database);
    expect(await record(late, delivered)).toBe(false);
    expect(await record(late, { type: "dead", reason: "x" })).toBe(false);
    expect(await record(late, { type: "retry", dueAt: 0, reason: "x" })).toBe(false);
    expect(await record(again, delivered)).toBe(true);
    expect(await record(again, delivered), "and hears it once").toBe(false);
  });

  test("waits until a message is due again, and holds the later ones of its subscriber", async () => {
    await putOutNow(database, [item("crm", "a"), item("crm", "b")]);
    const delivery = await only();
    const dueAt = Date.now() + 3_600_000;
    await outboxStore(database).record(delivery, { type: "retry", dueAt, reason: "busy \0" });
    expect(await take()).toEqual([]);
    const ms = await outboxStore(database).nextDueInMs(["crm", "erp"]);
    expect(ms).toBeGreaterThan(3_500_000);
    expect(ms).toBeLessThanOrEqual(3_601_000);
    await sql`update millrace.out_delivery set due_at = millrace.now()`.execute(database.db);
    expect(await outboxStore(database).nextDueInMs(["crm"])).toBe(0);
    expect(await outboxStore(database).nextDueInMs(["erp"])).toBeNull();
    expect(await only()).toMatchObject({ id: delivery.id, failures: 1, fence: 2 });
  });

  test("keeps what is dead as a dead letter, and goes on with the next", async () => {
    await putOutNow(database, [item("crm", "a"), item("crm", "b")]);
    const dead = { type: "dead", reason: "it answered 500" } as const;
    expect(await outboxStore(database).record(await only(), dead)).toBe(true);
    const { rows } = await sql<{ source: string; reason: string; body: string }>`
      select source, reason, body from millrace.dead_letter order by id desc limit 1`.execute(
      database.db,
    );
    expect(rows).toEqual([
      { source: "out/crm", reason: "it answered 500", body: expect.stringContaining('"a"') },
    ]);
    expect(keysOf(await take())).toEqual(["b"]);
  });

  test("closes a subscriber that is gone, until somebody opens it again", async () => {
    await putOutNow(database, [item("crm", "a"), item("crm", "b")]);
    await outboxStore(database).record(await only(), { type: "gone", reason: "it answered 410" });
    expect(await take()).toEqual([]);
    expect(await putOutNow(database, [item("crm", "c")]), "nothing grows behind it").toBe(0);
    expect(await outboxStore(database).nextDueInMs(["crm"])).toBeNull();
    expect(await readOutbox(database)).toMatchObject([
      { name: "crm", closedReason: "it answered 410", waitingCount: 1, deadCount: 1 },
      { name: "erp", closedAt: null, waitingCount: 0, oldestAt: null },
    ]);
    const redriven = await redrive(database, { subscriber: "crm", ids: null }, SAID);
    expect(redriven).toMatchObject({ ids: [expect.any(Number)], reopened: true });
    expect(keysOf(await take()), "in its old place").toEqual(["a"]);
  });

  test("sends again what was given up, under its id and as if it were new", async () => {
    await putOutNow(database, [item("crm", "a"), item("crm", "b"), item("crm", "c")]);
    const store = outboxStore(database);
    for (const key of ["a", "b"]) {
      const delivery = await only();
      expect(keysOf([delivery])).toEqual([key]);
      await store.record(delivery, { type: "dead", reason: "it answered 400" });
    }
    const [first, second] = await listDeadDeliveries(database, "crm", 10);
    expect([first, second]).toMatchObject([
      { key: "a", reason: "it answered 400", failures: 1 },
      { key: "b" },
    ]);
    const ids = [second?.id ?? 0];
    expect(await redrive(database, { subscriber: "crm", ids }, SAID)).toEqual({
      ids,
      reopened: false,
    });
    expect(await only(), "before what waits").toMatchObject({
      ...{ id: second?.id, failures: 0 },
      message: { body: { key: "b" } },
    });
    expect(await listDeadDeliveries(database, "crm", 10)).toHaveLength(1);
    const { rows } = await sql`select by, action, why, detail from millrace.audit
      order by id desc limit 1`.execute(database.db);
    expect(rows).toEqual([
      { ...SAID, action: "redrive", detail: { subscriber: "crm", messages: 1, reopened: false } },
    ]);
  });

  test("sends nothing again that is not dead, and names it", async () => {
    await putOutNow(database, [item("crm", "a")]);
    const { id } = await only();
    const again = redrive(database, { subscriber: "crm", ids: [id] }, SAID);
    await expect(again).rejects.toThrow(`crm has no dead message msg_${id}`);
    const nobody = redrive(database, { subscriber: "nobody", ids: null }, SAID);
    await expect(nobody).rejects.toThrow("There is no subscriber nobody");
  });

  test("tells others of what was given up, and never who did not take it", async () => {
    const subscription = { kinds: ["dead_letter"], types: ["*"], namespaces: null } as const;
    await declareSubscribers(database, "test", [
      { name: "pager", subscription },
      { name: "mail", subscription },
    ]);
    await putOutNow(database, [item("pager", "a"), item("crm", "b")]);
    for (const delivery of await take(10, LEASE_MS, ["pager", "crm"])) {
      await outboxStore(database).record(delivery, { type: "dead", reason: "it answered 500" });
    }
    const { rows } = await sql<{ subscriber: string; source: string }>`
      select f.subscriber, l.source from millrace.out_fact f
      join millrace.dead_letter l on l.id = f.fact_id order by 2, 1`.execute(database.db);
    expect(rows).toEqual([
      { subscriber: "mail", source: "out/crm" },
      { subscriber: "pager", source: "out/crm" },
      { subscriber: "mail", source: "out/pager" },
    ]);
  });

  test("takes nothing in for who is not known", async () => {
    expect(await putOutNow(database, [item("nobody", "a")])).toBe(0);
  });

  test("forgets what ended long ago, and nothing that waits", async () => {
    await putOutNow(database, [item("crm", "a"), item("crm", "b")]);
    await outboxStore(database).record(await only(), delivered);
    expect(await prune()).toEqual({ removed: 0, more: false });
    await sql`update millrace.out_delivery set ended_at = ended_at - interval '2 hours'`.execute(
      database.db,
    );
    expect(await prune()).toEqual({ removed: 1, more: false });
    expect(keysOf(await take())).toEqual(["b"]);
  });

  test("forgets what nobody was told of in all that time, and says that there is more", async () => {
    const note = (hours: number, many: number) =>
      sql`insert into millrace.out_fact (subscriber, kind, fact_id, at)
        select 'crm', 'update', n, millrace.now() - ${hours} * interval '1 hour'
        from generate_series(1, ${many}::int) n`.execute(database.db);
    await note(2, 15);
    await note(0, 3);
    expect(await prune()).toEqual({ removed: 10, more: true });
    expect(await prune()).toEqual({ removed: 5, more: false });
    expect(await prune()).toEqual({ removed: 0, more: false });
  });
});

describe("many at once on a server", () => {
  let server: Awaited<ReturnType<typeof createDatabase>>;
  let database: Database;
  beforeAll(async () => {
    server = await createDatabase();
    database = openServer({ url: server.url, connectionsMax: 8 });
    await openSubscribers(database, ["crm", "erp"]);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  test("senders get each message once, in order, while others put in", async () => {
    const store = outboxStore(database);
    const total = 40;
    const got: string[] = [];
    let put = 0;
    const putter = async (): Promise<void> => {
      while (put < total) await putOutNow(database, [item("crm", `k${put++}`)]);
    };
    const sender = async (): Promise<void> => {
      for (let look = 0; got.length < total && look < 5_000; look++) {
        const [delivery] = await store.takeDue(["crm"], 1, LEASE_MS);
        if (delivery === undefined) continue;
        got.push(`${delivery.id}`);
        expect(await store.record(delivery, { type: "delivered", status: 200 })).toBe(true);
      }
    };
    await Promise.all([putter(), putter(), sender(), sender(), sender()]);
    expect(new Set(got).size, "each once").toBe(total);
    expect(got.map(Number), "in order").toEqual(got.map(Number).toSorted((a, b) => a - b));
  });

  test("a sender passes over what another one is taking, and waits for nobody", async () => {
    await sql`delete from millrace.out_delivery`.execute(database.db);
    await putOutNow(database, [item("crm", "taken"), item("erp", "free")]);
    const other = await database.db.startTransaction().execute();
    await sql`select from millrace.out_delivery where subscriber = 'crm' for update`.execute(other);
    const taken = await outboxStore(database).takeDue(["crm", "erp"], 2, LEASE_MS);
    expect(keysOf(taken)).toEqual(["free"]);
    await other.rollback().execute();
  });

  test("what is put in later is not seen before what is put in earlier", async () => {
    await sql`delete from millrace.out_delivery`.execute(database.db);
    const store = outboxStore(database);
    const early = await database.db.startTransaction().execute();
    await putOut(early as never, [item("crm", "early")]);
    const late = putOutNow(database, [item("crm", "late")]);
    // Whether it is early does not depend on this: it only gives the other the time to be wrong.
    await Promise.race([late, sleep(200)]);
    expect(await store.takeDue(["crm"], 1, LEASE_MS), "nothing is there yet").toEqual([]);
    await early.commit().execute();
    await late;
    const [first] = await store.takeDue(["crm"], 1, LEASE_MS);
    expect(first?.message.body).toEqual({ key: "early" });
  });
});

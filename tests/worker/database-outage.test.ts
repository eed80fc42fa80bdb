import { pipeline } from "@millrace/core";
import { migrate, openServer, readRun } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type LocalPostgres,
  postgresBinaries,
  startLocalPostgres,
} from "../../tools/local-postgres.ts";
import { type Fleet, openFleet } from "./fleet.ts";

const chain = pipeline("chain", {}, ({ task }) => {
  let last = task("t0", () => 0);
  for (let i = 1; i < 5; i += 1) {
    last = task(`t${i}`, { needs: { last } }, ({ needs }) => needs.last + 1);
  }
  return last;
});

/** Asked of the database: whoever was told of the end may have been cut off from it. */
async function outcomeOf(fleet: Fleet, runId: number): Promise<unknown> {
  const run = await readRun(fleet.database, runId).catch(() => null);
  return run === null ? null : { state: run.state, result: run.result };
}

const binaries = await postgresBinaries();

describe.skipIf(binaries === null)("a server that crashes under its workers", () => {
  let postgres: LocalPostgres;
  let fleet: Fleet;
  beforeAll(async () => {
    // What it has said to be committed is to be there after the crash.
    postgres = await startLocalPostgres(binaries ?? "", ["synchronous_commit=on"]);
    const database = openServer({ url: postgres.url });
    await migrate(database);
    await database.close();
    fleet = await openFleet({ url: postgres.url });
  }, 120_000);
  afterAll(async () => {
    await fleet.close();
    await postgres.stop();
  }, 60_000);

  test("comes back, and all goes on by itself: each run ends", async () => {
    await fleet.register(chain);
    await fleet.worker({ slots: 4, leaseMs: 15_000 });
    const started: number[] = [];
    const startSome = async (): Promise<void> => {
      for (let i = 0; i < 10; i += 1) {
        const id = await fleet.start("chain").catch(() => null);
        if (id !== null) started.push(id);
      }
    };
    for (let round = 0; round < 2; round += 1) {
      await Promise.all([startSome(), postgres.crash()]);
    }
    await startSome();
    expect(started.length).toBeGreaterThanOrEqual(10);
    for (const id of started) {
      await expect
        .poll(() => outcomeOf(fleet, id), { timeout: 60_000, interval: 200 })
        .toEqual({ state: "succeeded", result: 4 });
    }
  }, 180_000);
});

describe("a server whose disk is full", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet("server");
    await sql`create function millrace.no_room() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file: No space left on device'
        using errcode = 'disk_full'; end $$`.execute(fleet.database.db);
  }, 60_000);
  afterEach(async () => {
    await fleet.drain();
  });
  afterAll(() => fleet.close());

  const fill = (on: string): Promise<unknown> =>
    sql`create trigger no_room ${sql.raw(on)} execute function millrace.no_room()`.execute(
      fleet.database.db,
    );
  const free = (table: string): Promise<unknown> =>
    sql`drop trigger no_room on ${sql.raw(table)}`.execute(fleet.database.db);

  test("gets nothing claimed from it, says so clearly, and goes on by itself", async () => {
    await fleet.register(chain);
    await fill("before insert on millrace.running for each row");
    const worker = await fleet.worker({ leaseMs: 15_000 });
    const runId = await fleet.start("chain");
    const { error } = await worker.seen("problem", ({ error: told }) =>
      /has no room to claim tasks/.test(String(told)),
    );
    expect(String(error)).toMatch(/No space left.*Free disk space/s);
    expect(worker.events.some(({ type }) => type === "claimed")).toBe(false);
    await free("millrace.running");
    await expect
      .poll(() => outcomeOf(fleet, runId), { timeout: 30_000 })
      .toMatchObject({ state: "succeeded" });
  }, 60_000);

  test("loses no outcome: it is kept until there is room, and the work is not done again", async () => {
    await fleet.register(chain);
    await fill(`before update on millrace.task_run for each row
      when (new.state = 'succeeded')`);
    const worker = await fleet.worker({ leaseMs: 15_000 });
    const runId = await fleet.start("chain");
    const isFull = ({ error }: { readonly error: unknown }): boolean =>
      /has no room to record the end/.test(String(error));
    await worker.seen("problem", isFull);
    // A group commit gives up after eight more; the worker must not.
    await expect
      .poll(() => worker.events.filter((e) => e.type === "problem" && isFull(e)).length, {
        timeout: 40_000,
      })
      .toBeGreaterThan(10);
    await free("millrace.task_run");
    await expect
      .poll(() => outcomeOf(fleet, runId), { timeout: 30_000 })
      .toMatchObject({ state: "succeeded" });
    const claims = worker.events.flatMap((e) => (e.type === "claimed" ? [e.attempt] : []));
    expect(claims.filter(({ task }) => task === "t0")).toHaveLength(1);
  }, 90_000);
});

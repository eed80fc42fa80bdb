import { pipeline } from "@millrace/core";
import { PostgresLeaseKeeper } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { type Fleet, LEASE_MS, openFleet } from "./fleet.ts";

/** A task that says when its n-th attempt starts, and ends when the test lets it. */
function gated(name: string) {
  const attempts = [1, 2, 3].map(() => ({
    started: Promise.withResolvers<AbortSignal>(),
    end: Promise.withResolvers<string>(),
  }));
  let count = 0;
  const built = pipeline(name, {}, ({ task }) =>
    task("t", ({ signal }) => {
      const attempt = attempts[count++];
      if (attempt === undefined) throw new Error("one attempt too many");
      attempt.started.resolve(signal);
      return attempt.end.promise;
    }),
  );
  const at = (index: number) => attempts[index] as (typeof attempts)[number];
  return { built, at, count: () => count };
}

describe("workers on one server", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet("server");
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  /** What happens when a machine stops for longer than its lease. */
  async function lapse(): Promise<void> {
    await sql`update millrace.worker set lease_until = '-infinity'`.execute(fleet.database.db);
  }

  test("run tasks of the queues that they serve, and leave the others to theirs", async () => {
    const ranOn: string[] = [];
    await fleet.register(
      pipeline("train", {}, ({ task }) => {
        const load = task("load", () => ranOn.push("load"));
        const fit = task("fit", { needs: { load }, queue: "gpu" }, () => ranOn.push("fit"));
        task("tell", { needs: { fit } }, () => ranOn.push("tell"));
      }),
    );
    const cpu = await fleet.worker({ queues: ["default"] });
    const runId = await fleet.start("train");
    await cpu.seen("finished", ({ attempt }) => attempt.task === "load");
    const gpu = await fleet.worker({ queues: ["gpu"] });
    expect((await fleet.ended(runId)).state).toBe("succeeded");
    expect(ranOn).toEqual(["load", "fit", "tell"]);
    const tasksOf = ({ events }: typeof cpu) =>
      events.flatMap((event) => (event.type === "claimed" ? event.attempt.task : []));
    expect([tasksOf(cpu), tasksOf(gpu)]).toEqual([["load", "tell"], ["fit"]]);
  });

  test("share the tasks of a run, each run once", async () => {
    const all = Promise.withResolvers<void>();
    const runs: string[] = [];
    await fleet.register(
      pipeline("wide", { maxParallelTasks: 50 }, ({ task }) => {
        for (let i = 0; i < 12; i += 1) {
          task(`t${i}`, async ({ attempt }) => {
            // Four slots in two workers: the first four must all be here before any may go.
            if (runs.push(attempt.key) === 4) all.resolve();
            await all.promise;
            return null;
          });
        }
      }),
    );
    const workers = [await fleet.worker({ slots: 2 }), await fleet.worker({ slots: 2 })];
    expect(await fleet.ended(await fleet.start("wide"))).toMatchObject({ state: "succeeded" });
    expect(new Set(runs).size).toBe(12);
    expect(runs).toHaveLength(12);
    for (const { events } of workers) {
      expect(events.filter(({ type }) => type === "claimed").length).toBeGreaterThanOrEqual(2);
    }
  });

  test("a zombie cannot commit what it did after its lease was gone", async () => {
    const { built, at } = gated("fenced");
    await fleet.register(built);
    const zombie = await fleet.worker({ isZombie: true });
    const runId = await fleet.start("fenced");
    await at(0).started.promise;
    await lapse();
    await fleet.worker();
    await at(1).started.promise;
    at(0).end.resolve("by the zombie");
    const finished = await zombie.seen("finished");
    expect(finished).toMatchObject({ outcome: "succeeded", recorded: false });
    at(1).end.resolve("by its owner");
    expect(await fleet.ended(runId)).toMatchObject({ result: "by its owner" });
  });

  test("a worker whose lease lapsed aborts, forgets, and begins anew", async () => {
    const { built, at, count } = gated("lapsed");
    await fleet.register(built);
    const worker = await fleet.worker();
    const { sessionId } = await worker.seen("sessionOpened");
    const runId = await fleet.start("lapsed");
    const signal = await at(0).started.promise;
    await lapse();
    await worker.seen("sessionLost", (lost) => lost.sessionId === sessionId);
    expect(signal.aborted).toBe(true);
    await worker.seen("finished", ({ outcome }) => outcome === "lost");
    expect(signal.reason).toMatchObject({ message: expect.stringContaining("lost its lease") });
    await worker.seen("sessionOpened", (opened) => opened.sessionId !== sessionId);
    await at(1).started.promise;
    at(1).end.resolve("the second time");
    expect(await fleet.ended(runId)).toMatchObject({ result: "the second time" });
    expect(count()).toBe(2);
  });

  test("a handler that blocks the event loop does not cost its worker the lease", async () => {
    const blockedMs = 2 * LEASE_MS;
    await fleet.register(
      pipeline("blocks", {}, ({ task }) =>
        task("t", () => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs);
          return "done";
        }),
      ),
    );
    const worker = await fleet.worker();
    expect(await fleet.ended(await fleet.start("blocks"))).toMatchObject({ result: "done" });
    expect(worker.events.filter(({ type }) => type === "sessionLost")).toEqual([]);
    expect(worker.events.filter(({ type }) => type === "claimed")).toHaveLength(1);
  });

  test("a lease that cannot be renewed is lost when it runs out", async () => {
    const url = new URL(fleet.url);
    const gate = await openTcpGate({ host: url.hostname, port: Number(url.port) });
    url.hostname = "127.0.0.1";
    url.port = String(gate.port);
    const session = { host: "test", pid: 1, slots: 1, channels: [], leaseMs: 900 };
    const sessionId = crypto.randomUUID();
    await fleet.store.open({ sessionId, ...session });
    const lost = Promise.withResolvers<string>();
    const keeper = new PostgresLeaseKeeper({ url: url.toString() });
    const hold = await keeper.keep(sessionId, session.leaseMs, lost.resolve);
    gate.shut();
    // By the moment of the cut: an attempt failed, or one was still without an answer.
    expect(await lost.promise).toMatch(/ran out: (Error|the database did not answer)/);
    await hold.stop();
    await gate.close();
  });

  test("a lease is not lost by giving it up", async () => {
    const sessionId = crypto.randomUUID();
    const session = { host: "test", pid: 1, slots: 1, channels: [], leaseMs: 900 };
    await fleet.store.open({ sessionId, ...session });
    const lost: string[] = [];
    const keeper = new PostgresLeaseKeeper({ url: fleet.url });
    const hold = await keeper.keep(sessionId, session.leaseMs, (reason) => void lost.push(reason));
    await hold.stop();
    await hold.stop();
    expect(lost).toEqual([]);
  });

  test("a lease of a session that is not there is refused", async () => {
    const keeper = new PostgresLeaseKeeper({ url: fleet.url });
    await expect(keeper.keep(crypto.randomUUID(), 900, () => {})).rejects.toThrow(
      "was never held: it had lapsed",
    );
  });
});

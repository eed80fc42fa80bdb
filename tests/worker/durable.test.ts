import { event, pipeline } from "@millrace/core";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Fleet, type FleetWorker, openFleet } from "./fleet.ts";

const reply = event("desk.reply", { data: z.object({ ticket: z.string() }) });

/** How often each step ran, by name. */
function counter(): {
  readonly ran: Record<string, number>;
  run<T>(name: string, value: T): () => T;
} {
  const ran: Record<string, number> = {};
  return {
    ran,
    run: (name, value) => () => {
      ran[name] = (ran[name] ?? 0) + 1;
      return value;
    },
  };
}

describe.each(["embedded", "server"] as const)("durable handlers on the %s database", (kind) => {
  let fleet: Fleet;
  // No lease lapses here, however busy the machine is.
  const lease = kind === "server" ? { leaseMs: 60_000 } : {};
  beforeAll(async () => {
    fleet = await openFleet(kind);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  /** Answers what the run asks, once it waits for that. */
  async function answer(
    worker: FleetWorker,
    runId: number,
    verdict: "approved" | "rejected",
  ): Promise<void> {
    await worker.seen("finished", ({ attempt, outcome, recorded }) => {
      return attempt.runId === runId && outcome === "suspended" && recorded;
    });
    const open = (await fleet.store.listApprovals()).filter((each) => each.runId === runId);
    expect(open).toMatchObject([{ task: "ok", asks: "Release?" }]);
    const said = { verdict, by: "ann", roles: [], comment: "fine" };
    fleet.follow(await fleet.store.answerApproval(runId, "ok", null, said));
  }

  test("steps run once, however often the handler begins anew", async () => {
    const { ran, run } = counter();
    let begun = 0;
    await fleet.register(
      pipeline("order", {}, ({ task }) =>
        task("handle", async ({ step, sleep, sleepUntil }) => {
          begun += 1;
          const item = await step("reserve", run("reserve", { id: 7 }));
          await sleep("20ms");
          const price = await step("price", run("price", 3));
          await sleepUntil(await step("when", () => new Date(Date.now() + 20).toISOString()));
          return { item, price };
        }),
      ),
    );
    await fleet.worker(lease);
    const ended = await fleet.ended(await fleet.start("order"));
    expect(ended).toMatchObject({ state: "succeeded", result: { item: { id: 7 }, price: 3 } });
    expect(ran).toEqual({ reserve: 1, price: 1 });
    expect(begun).toBe(3);
  });

  test("a waiting task holds no slot: one is enough for caller and called", async () => {
    const child = pipeline("child", { params: z.object({ n: z.number() }) }, ({ task }) =>
      task("double", ({ params }) => ({ n: params.n * 2 })),
    );
    const parent = pipeline("parent", {}, ({ task, call }) => {
      const first = call("first", { pipeline: child, params: () => ({ n: 1 }) });
      return task("rest", { needs: { first }, calls: [child] }, async ({ needs, call: start }) => {
        const both = await Promise.all([
          start(child, needs.first),
          start(child, { n: 10 }, { name: "ten" }),
        ]);
        return both.map(({ n }) => n);
      });
    });
    await fleet.register(child, parent);
    await fleet.worker({ slots: 1, ...lease });
    const ended = await fleet.ended(await fleet.start("parent"));
    expect(ended).toMatchObject({ state: "succeeded", result: [4, 20] });
  });

  test("an event that another task sends is heard, also when it was sent before", async () => {
    const talk = pipeline("talk", {}, ({ task }) => {
      const ask = task("ask", { produces: { reply } }, async ({ produces }) => {
        await produces.reply.publish({ ticket: "t1" });
        return "sent";
      });
      return task("hear", { needs: { ask } }, async ({ waitForEvent }) => {
        const [one, none] = await Promise.all([
          waitForEvent(reply, { where: { ticket: "t1" }, timeout: "20s" }),
          waitForEvent("desk.*", { where: { ticket: "t2" }, timeout: "30ms" }),
        ]);
        return { ticket: one?.data.ticket ?? null, none };
      });
    });
    await fleet.register(talk);
    await fleet.worker(lease);
    const ended = await fleet.ended(await fleet.start("talk"));
    expect(ended).toMatchObject({ state: "succeeded", result: { ticket: "t1", none: null } });
  });

  test("people approve and reject", async () => {
    const release = pipeline("release", {}, ({ task, approval }) => {
      const ok = approval("ok", { asks: "Release?" });
      task("undo", { when: ok.failed() }, () => "undone");
      return task("ship", { needs: { ok } }, ({ needs }) => needs.ok.by);
    });
    await fleet.register(release);
    const worker = await fleet.worker(lease);
    const yes = await fleet.start("release");
    await answer(worker, yes, "approved");
    expect(await fleet.ended(yes)).toMatchObject({ state: "succeeded", result: "ann" });
    const no = await fleet.start("release");
    await answer(worker, no, "rejected");
    const ended = await fleet.ended(no);
    expect(Object.fromEntries(ended.tasks.map(({ name, state }) => [name, state]))).toEqual({
      ...{ ok: "failed", undo: "succeeded", ship: "upstream_failed" },
    });
  });

  test("a poll tries until it is content, and a task waits for another pipeline's run", async () => {
    let tries = 0;
    const build = pipeline("build", {}, ({ poll }) =>
      poll("ready", { every: "10ms", until: (n: number) => n === 3 }, () => (tries += 1)),
    );
    const deploy = pipeline("deploy", {}, ({ task }) =>
      task("go", { waitFor: build }, async ({ waitForRun }) => {
        const end = await waitForRun({ pipeline: build, match: "latest" });
        return end.state === "succeeded" ? end.result : end.state;
      }),
    );
    await fleet.register(build, deploy);
    await fleet.worker(lease);
    const waiting = await fleet.start("deploy");
    await fleet.start("build");
    expect(await fleet.ended(waiting)).toMatchObject({ state: "succeeded", result: 3 });
    expect(tries).toBe(3);
  });

  test("each try of a poll takes its own steps", async () => {
    let made = 0;
    const build = pipeline("build-steps", {}, ({ poll }) =>
      poll("ready", { every: "10ms", until: (n: number) => n === 3 }, async ({ step, sleep }) => {
        const found = await step("look", () => (made += 1));
        await sleep("10ms");
        return found;
      }),
    );
    await fleet.register(build);
    await fleet.worker(lease);
    const runId = await fleet.start("build-steps");
    expect(await fleet.ended(runId)).toMatchObject({ state: "succeeded", result: 3 });
    const { rows } = await sql<{ name: string }>`
      select name from millrace.step where run_id = ${runId} and value = '2'::jsonb`.execute(
      fleet.database.db,
    );
    expect(rows).toEqual([{ name: "look (attempt 4)" }]);
  });

  test("a worker that goes away leaves its steps to the next one", async () => {
    const { ran, run } = counter();
    const begun = Promise.withResolvers<void>();
    let attempts = 0;
    await fleet.register(
      pipeline("long", {}, ({ task }) =>
        task("work", async ({ step, signal }) => {
          attempts += 1;
          const done = await step("first", run("first", "kept"));
          if (attempts > 1) return done;
          begun.resolve();
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          });
          return "never";
        }),
      ),
    );
    const first = await fleet.worker(lease);
    const runId = await fleet.start("long");
    await begun.promise;
    await first.drain({ graceMs: 0 });
    await fleet.worker(lease);
    expect(await fleet.ended(runId)).toMatchObject({ state: "succeeded", result: "kept" });
    expect(ran).toEqual({ first: 1 });
  });

  test("a handler whose steps changed between attempts fails, and is not tried again", async () => {
    let attempts = 0;
    await fleet.register(
      pipeline("changed", {}, ({ task }) => {
        task("t", { retries: 3 }, async ({ step, sleep }) => {
          attempts += 1;
          await step(`chance ${attempts}`, () => 1);
          await sleep("10ms");
        });
      }),
    );
    await fleet.worker(lease);
    const ended = await fleet.ended(await fleet.start("changed"));
    expect(ended).toMatchObject({
      state: "failed",
      tasks: [{ error: { reason: "steps_changed" } }],
    });
    expect(attempts).toBe(2);
  });

  test("a status is shown while its task runs", async () => {
    const gate = Promise.withResolvers<void>();
    const shown = Promise.withResolvers<void>();
    await fleet.register(
      pipeline("slow", {}, ({ task }) => {
        task("t", async ({ status }) => {
          await status.set("progress", { done: 1, all: 2 });
          shown.resolve();
          await gate.promise;
        });
      }),
    );
    await fleet.worker(lease);
    const runId = await fleet.start("slow");
    await shown.promise;
    const { rows } = await sql`select s.key, s.value from millrace.task_status s
      join millrace.task_run t on t.id = s.task_run_id where t.run_id = ${runId}`.execute(
      fleet.database.db,
    );
    expect(rows).toEqual([{ key: "progress", value: { done: 1, all: 2 } }]);
    gate.resolve();
    expect(await fleet.ended(runId)).toMatchObject({ state: "succeeded" });
  });
});

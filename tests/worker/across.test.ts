import { type BlobRef, event, namespace, pipeline } from "@millrace/core";
import { listRuns } from "@millrace/postgres";
import { MemoryBlobStore } from "@millrace/worker";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Fleet, openFleet } from "./fleet.ts";

/** What handlers of one pipeline send to those of another. */
describe.each(["embedded", "server"] as const)("across pipelines on the %s database", (kind) => {
  let fleet: Fleet;
  const lease = kind === "server" ? { leaseMs: 60_000 } : {};
  beforeAll(async () => {
    fleet = await openFleet(kind);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  test("a call that nobody waits for goes on after its caller, in a story of its own if told so", async () => {
    const gate = Promise.withResolvers<void>();
    const child = pipeline("child", { params: z.object({ n: z.number() }) }, ({ task }) =>
      task("t", async ({ params, run }) => {
        await gate.promise;
        return { n: params.n, story: run.correlationId, trace: run.traceparent };
      }),
    );
    const parent = pipeline("parent", {}, ({ task }) =>
      task("t", { calls: [{ pipeline: child, wait: false }] }, async ({ call }) => [
        await call(child, { n: 1 }, { wait: false }),
        await call(child, { n: 2 }, { wait: false, inherit: false }),
      ]),
    );
    await fleet.register(child, parent);
    await fleet.worker(lease);
    const runId = await fleet.start("parent");
    const ended = await fleet.ended(runId);
    const started = ended.result as { run: string }[];
    expect(ended.state).toBe("succeeded");
    gate.resolve();
    const [first, second] = started.map(({ run }) => Number(run.slice("run_".length)));
    const trace = ended.traceparent;
    expect((await fleet.ended(first ?? 0)).result).toEqual({ n: 1, story: `run_${runId}`, trace });
    const { result } = await fleet.ended(second ?? 0);
    expect(result).toMatchObject({ n: 2, story: `run_${second}` });
    expect(result).not.toMatchObject({ trace });
  });

  test("a blob that one pipeline kept is read by another that is given its reference", async () => {
    const reader = pipeline("reader", { params: z.object({ of: z.any() }) }, ({ task }) =>
      task("read", ({ params, blob }) => blob.text(params.of as BlobRef)),
    );
    const writer = pipeline("writer", {}, ({ task, call }) => {
      const kept = task("write", ({ blob }) => blob.put("a long story"));
      const params = ({ needs }: { readonly needs: { readonly kept: BlobRef } }) => ({
        of: needs.kept,
      });
      return call("hand-on", { pipeline: reader, needs: { kept }, params });
    });
    await fleet.register(reader, writer);
    await fleet.worker({ blobs: new MemoryBlobStore(), ...lease });
    const ended = await fleet.ended(await fleet.start("writer"));
    expect(ended).toMatchObject({ state: "succeeded", result: "a long story" });
  });

  test("an event for its namespace starts and answers nobody outside of it", async () => {
    const ops = namespace("ops");
    const ours = event("ours", { data: z.object({ n: z.number() }), scope: "namespace" });
    const near = pipeline("near", { namespace: ops, on: { ours } }, ({ task }) =>
      task("t", () => 1),
    );
    const far = pipeline("far", { on: { ours } }, ({ task }) => task("t", () => 1));
    const waits = pipeline("waits", {}, ({ task }) =>
      task("t", async ({ waitForEvent }) => {
        const heard = await waitForEvent(ours, { lookBack: "1h", timeout: "300ms" });
        return heard === null ? "nothing" : heard.data.n;
      }),
    );
    const teller = pipeline("teller", { namespace: ops }, ({ task }) => {
      task("tell", { produces: { ours } }, ({ produces }) => produces.ours.publish({ n: 7 }));
    });
    await fleet.register(near, far, waits, teller);
    await fleet.worker(lease);
    const waiting = await fleet.start("waits");
    await fleet.ended(await fleet.start("ops/teller"));
    expect((await fleet.ended(waiting)).result).toBe("nothing");
    const runsOf = (name: string) => listRuns(fleet.database, { pipeline: name, limit: 9 });
    await expect.poll(() => runsOf("ops/near"), { timeout: 10_000 }).toHaveLength(1);
    expect(await runsOf("default/far")).toEqual([]);
  });
});

import { Hono } from "hono";
import { expect, test } from "vitest";
import { afterHookAnswer, newHooksHealth } from "./hook-health.ts";
import { intakeSite } from "./intake-site.ts";
import { EMPTY_REFUSAL_LOG, logRefusal } from "./refusal-log.ts";

const refused = (error: string) => ({ hook: "orders", status: 401, error });

function site(checkStore: () => Promise<void>) {
  const state = { nowMs: 0, isStopping: false, checks: 0 };
  const hooks = new Hono().post("/orders", (context) => context.json({ accepted: 1 }));
  const app = intakeSite({
    hooks,
    checkStore: () => ((state.checks += 1), checkStore()),
    isStopping: () => state.isStopping,
    health: () => newHooksHealth(["orders"]),
    now: () => state.nowMs,
  });
  return { app, state };
}

test("readiness follows the store, which is asked once a second at most", async () => {
  let isDown = false;
  const { app, state } = site(() => (isDown ? Promise.reject(new Error()) : Promise.resolve()));
  const statusOf = async (): Promise<number> => (await app.request("/readyz")).status;
  expect(await Promise.all([statusOf(), statusOf(), statusOf()])).toEqual([200, 200, 200]);
  isDown = true;
  expect([await statusOf(), state.checks]).toEqual([200, 1]);
  state.nowMs = 1_000;
  expect([await statusOf(), state.checks]).toEqual([503, 2]);
  expect((await app.request("/healthz")).status).toBe(200);
  isDown = false;
  state.nowMs = 2_000;
  expect([await statusOf(), state.checks]).toEqual([200, 3]);
});

test("a store that does not answer is asked by one connection only", async () => {
  const answer = Promise.withResolvers<void>();
  const { app, state } = site(() => answer.promise);
  expect((await app.request("/readyz")).status).toBe(503);
  state.nowMs = 5_000;
  expect((await app.request("/readyz")).status).toBe(503);
  expect(state.checks).toBe(1);
});

test("a process that stops is not ready, and keeps no connection", async () => {
  const { app, state } = site(() => Promise.resolve());
  const before = await app.request("/hooks/orders", { method: "POST" });
  expect([before.status, before.headers.get("connection")]).toEqual([200, null]);
  state.isStopping = true;
  const after = await app.request("/hooks/orders", { method: "POST" });
  expect([after.status, after.headers.get("connection")]).toEqual([200, "close"]);
  const ready = await app.request("/readyz?verbose");
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ status: "stopping", hooks: { orders: { taken: 0 } } });
});

test("answers are counted by whose doing they are", () => {
  const statuses = [200, 200, 401, 400, 503];
  const health = statuses.reduce(
    (counted, status, at) => afterHookAnswer(counted, { hook: "a", status, error: null }, at),
    newHooksHealth(["a", "b"]),
  );
  expect(health).toMatchObject({
    a: { taken: 2, refused: 2, failed: 1, lastTakenAt: 1, lastRefusedAt: 3, lastFailedAt: 4 },
    b: { taken: 0, lastTakenAt: null },
  });
});

test("a refusal is one line, whatever the sender wrote", () => {
  const { lines } = logRefusal(EMPTY_REFUSAL_LOG, refused("no\r\nrefused\u001b[2J x"), 5_000);
  expect(lines).toEqual(["refused 401 /hooks/orders: no refused [2J x"]);
  const taken = { hook: "orders", status: 200, error: null };
  expect(logRefusal(EMPTY_REFUSAL_LOG, taken, 5_000).lines).toEqual([]);
});

test("a flood of refusals is 20 lines a second, and how many there were more", () => {
  let log = EMPTY_REFUSAL_LOG;
  const told: string[] = [];
  const refuse = (now: number): void => {
    const logged = logRefusal(log, refused("no"), now);
    log = logged.log;
    told.push(...logged.lines);
  };
  for (let times = 0; times < 50; times += 1) refuse(5_000);
  expect(told).toHaveLength(20);
  refuse(6_000);
  expect(told.slice(20)).toEqual(["… and 30 more refusals", "refused 401 /hooks/orders: no"]);
});

import { test } from "vitest";
import { z } from "zod";
import {
  cross,
  daily,
  event,
  expand,
  monthly,
  namespace,
  partitions,
  pipeline,
  pool,
  same,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const replied = event("ticket.replied", { data: z.object({ ticket: z.string() }) });
const render = pipeline("render", { params: z.object({ ticket: z.string() }) }, ({ task }) =>
  task("draw", () => ({ path: "x" })),
);
const daily1 = pipeline("daily", { partitions: { date: day } }, ({ task }) => task("t", () => 1));

test("a call that does not fit what it calls does not compile", () => {
  pipeline("p", {}, ({ task, call }) => {
    // @ts-expect-error no params
    call("a", { pipeline: render });
    // @ts-expect-error params of another type
    call("b", { pipeline: render, params: () => ({ ticket: 1 }) });
    // @ts-expect-error no partition, and this pipeline has none
    call("c", { pipeline: daily1 });
    // @ts-expect-error not a pipeline
    call("d", { pipeline: "render" });
    // @ts-expect-error no such option
    call("d2", { pipeline: render, params: () => ({ ticket: "a" }), onTimeout: "fail" });
    const drawn = call("e", { pipeline: render, params: () => ({ ticket: "a" }) });
    // @ts-expect-error not its result
    task("f", { needs: { drawn } }, ({ needs }) => needs.drawn.size);
    const sent = call("g", { pipeline: render, wait: false, params: () => ({ ticket: "a" }) });
    // @ts-expect-error nobody waited for its result
    task("h", { needs: { sent } }, ({ needs }) => needs.sent.path);
    task("i", async ({ call: start }) => {
      // @ts-expect-error params of another type
      await start(render, { ticket: 1 });
      // @ts-expect-error no partition
      await start(daily1, {});
      // @ts-expect-error nobody waited for its result
      String((await start(render, { ticket: "a" }, { wait: false })).path);
    });
  });
});

test("what is asked or waited for wrongly does not compile", () => {
  pipeline("p", {}, ({ task, approval, poll }) => {
    // @ts-expect-error it asks nothing
    approval("a", {});
    // @ts-expect-error no such end
    approval("b", { asks: "Sure?", onTimeout: "retry" });
    // @ts-expect-error not asked again at any time
    poll("c", { until: () => true }, () => 1);
    // @ts-expect-error judged by another type than it gives
    poll("d", { every: "1s", until: (text: string) => text === "x" }, () => 1);
    // @ts-expect-error an output that JSON cannot carry
    poll("e", { every: "1s", until: () => true }, () => new Map());
    // @ts-expect-error no such match
    task("f", { waitFor: [{ pipeline: render, match: "newest" }] }, () => 1);
    task("g", async ({ step, waitForEvent, waitForRun, status }) => {
      // @ts-expect-error a result that JSON cannot carry
      await step("a", () => new Map());
      // @ts-expect-error a field that the event does not have
      await waitForEvent(replied, { where: { tickets: "a" } });
      // @ts-expect-error text has no toFixed
      (await waitForEvent(replied))?.data.ticket.toFixed();
      const end = await waitForRun({ pipeline: render });
      // @ts-expect-error only where it succeeded
      String(end.result);
      // @ts-expect-error a key is text
      await status.set(1, "x");
    });
  });
});

test("lists and limits that do not fit do not compile", () => {
  pipeline("p", { partitions: { month: monthly({ start: "2026-01" }) } }, ({ task, map }) => {
    const load = task("load", () => ({ rows: 1, files: ["a"] }));
    // @ts-expect-error not a list
    map("a", { over: cross(load.at("files"), load.at("rows")) }, () => 1);
    // @ts-expect-error a key that the run does not have
    map("b", { over: partitions({ date: expand("week", day) }) }, () => 1);
    // @ts-expect-error a key that the run does not have
    map("c", { over: partitions({ date: same("date") }) }, () => 1);
    // @ts-expect-error a pair has no third
    map("d", { over: cross(load.at("files"), load.at("files")) }, ({ item }) => item[2]);
    // @ts-expect-error a list of two has no third
    task("e", { needs: [load, load] }, ({ needs }) => needs[2]);
    // @ts-expect-error not a pool
    task("f", { pool: "db" }, () => 1);
    // @ts-expect-error not a group
    task("g", { group: "extracts" }, () => 1);
    // @ts-expect-error no limit
    task("h", { concurrency: { key: "params.a" } }, () => 1);
    // @ts-expect-error no such isolation
    task("i", { isolate: "thread" }, () => 1);
  });
  // @ts-expect-error no slots
  pool("db", {});
  // @ts-expect-error no such default
  namespace("ops", { defaults: { tries: 2 } });
  // @ts-expect-error no such scope
  event("x", { scope: "everywhere" });
});

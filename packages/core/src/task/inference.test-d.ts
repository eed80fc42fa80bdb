import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type Context,
  cross,
  daily,
  event,
  every,
  expand,
  type Handle,
  keys,
  monthly,
  namespace,
  offset,
  partitions,
  pipeline,
  pipelineRef,
  pool,
  same,
  type StartedRun,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });
const regions = keys("eu", "us");
const replied = event("ticket.replied", {
  data: z.object({ ticket: z.string(), text: z.string() }),
});
const closed = event("ticket.closed", {
  data: z.object({ ticket: z.string(), score: z.number() }),
});
const render = pipeline(
  "render",
  { params: z.object({ ticket: z.string(), level: z.number().default(1) }) },
  ({ task }) => task("draw", () => ({ path: "x" })),
);
const bare = pipeline("bare", {}, ({ task }) => task("t", () => 1));
const daily1 = pipeline("daily", { partitions: { date: day } }, ({ task }) => task("t", () => "a"));

test("needs given as a list are a tuple in the handler, with and without as const", () => {
  pipeline("p", {}, ({ task, map, branch, poll }) => {
    const a = task("a", () => 1);
    const b = task("b", () => "x");
    task("c", { needs: [a, b] as const }, ({ needs }) => {
      expectTypeOf(needs).toEqualTypeOf<readonly [number, string]>();
    });
    task("d", { needs: [a, b] }, ({ needs: [n, text] }) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      expectTypeOf(text).toEqualTypeOf<string>();
    });
    task("e", { needs: [a, b], runIf: "all_done" }, ({ needs: [n] }) => {
      expectTypeOf(n.state).toEqualTypeOf<"succeeded" | "failed" | "skipped" | "pending">();
    });
    const many: Handle<number>[] = [a];
    task("f", { needs: many }, ({ needs }) => {
      expectTypeOf(needs).toEqualTypeOf<readonly number[]>();
    });
    map("g", { over: task("l", () => ["x"]), needs: [a] }, ({ needs }) => {
      expectTypeOf(needs[0]).toEqualTypeOf<number>();
    });
    branch("h", { needs: [b] }, ({ needs }) => (needs[0] === "x" ? "left" : "right"));
    poll("i", { every: "1s", until: (o: number) => o > 1, needs: [a] }, ({ needs }) => needs[0]);
  });
});

test("a call has the types of what it calls", () => {
  pipeline("p", { partitions: { date: day } }, ({ task, call }) => {
    const load = task("load", () => ({ id: "t" }));
    const drawn = call("draw", {
      pipeline: render,
      needs: { load },
      partition: () => ({}),
      params: ({ needs, run }) => {
        expectTypeOf(needs.load.id).toEqualTypeOf<string>();
        expectTypeOf(run.partition.date).toEqualTypeOf<string>();
        return { ticket: needs.load.id };
      },
    });
    expectTypeOf(drawn).toEqualTypeOf<Handle<{ path: string }>>();
    expectTypeOf(call("same", { pipeline: daily1 })).toEqualTypeOf<Handle<string>>();
    expectTypeOf(call("none", { pipeline: bare })).toEqualTypeOf<Handle<number>>();
    const sent = call("sent", { pipeline: bare, wait: false, retries: 2, queue: "slow" });
    expectTypeOf(sent["~output"]).toEqualTypeOf<StartedRun | undefined>();
    const far = pipelineRef("far", { params: z.object({ n: z.number() }), result: z.boolean() });
    expectTypeOf(call("far", { pipeline: far, params: () => ({ n: 1 }) })).toEqualTypeOf<
      Handle<boolean>
    >();
  });
});

test("a function of the user's may take the context of any task, or a part of it", () => {
  const rest = ({ log, sleep }: Context): Promise<void> => {
    log.info("resting");
    return sleep("1m");
  };
  const counted = ({ step }: Pick<Context, "step">): Promise<number> => step("count", () => 1);
  const ops = namespace("ops", { variables: z.object({ a: z.string() }), secrets: ["k"] });
  pipeline("p", { namespace: ops, partitions: { date: day } }, ({ task }) => {
    task("t", async (context) => {
      await rest(context);
      expectTypeOf(await counted(context)).toEqualTypeOf<number>();
    });
  });
});

test("an approval gives who approved, and a poll its output", () => {
  pipeline("p", { params: z.object({ amount: z.number() }) }, ({ task, approval, poll, group }) => {
    const ok = approval("ok", {
      asks: ({ params }) => `Refund ${params.amount.toFixed(2)}?`,
      timeout: "2d",
    });
    task("refund", { needs: { ok } }, ({ needs }) => {
      expectTypeOf(needs.ok.by).toEqualTypeOf<string | null>();
      expectTypeOf(needs.ok.at).toEqualTypeOf<string>();
    });
    task("deny", { when: ok.failed() }, () => null);
    const known = poll("known", { every: "1m", until: (job) => job.done }, () => ({ done: true }));
    expectTypeOf(known).toEqualTypeOf<Handle<{ done: boolean }>>();
    const told = poll(
      "told",
      { every: "30s", timeout: "1h", until: (job: { done: boolean; id: string }) => job.done },
      ({ log }) => {
        log.info("look");
        return { done: true, id: "a" };
      },
    );
    expectTypeOf(told).toEqualTypeOf<Handle<{ done: boolean; id: string }>>();
    const extracts = group("extracts", { failFast: true });
    task("x", { group: extracts, pool: pool("db", { slots: 1 }) }, () => 1);
  });
});

test("items of cross() are tuples, and of partitions() partitions", () => {
  pipeline("p", { partitions: { month, region: regions } }, ({ task, map }) => {
    const load = task("load", () => ({ days: ["1"], deep: [{ n: 1 }] }));
    const sizes = map("sizes", { over: load.at("days") }, ({ item }) => item.length);
    map("pairs", { over: cross(load.at("deep"), sizes, load.at("days")) }, ({ item }) => {
      expectTypeOf(item).toEqualTypeOf<readonly [{ n: number }, number, string]>();
    });
    map(
      "parts",
      { over: partitions({ date: expand("month", day), region: every(regions), past: offset("month", -1) }) }, // prettier-ignore
      ({ item, index }) => {
        expectTypeOf(item.date).toEqualTypeOf<string>();
        expectTypeOf(item.region).toEqualTypeOf<"eu" | "us">();
        expectTypeOf(item.past).toEqualTypeOf<string>();
        expectTypeOf(index).toEqualTypeOf<number>();
      },
    );
    map("same", { over: partitions({ region: same("region") }) }, ({ item }) => {
      expectTypeOf(item.region).toEqualTypeOf<string>();
    });
  });
});

test("what a handler waits for has its types", () => {
  pipeline("p", { partitions: { date: day } }, ({ task }) => {
    task("t", { calls: [render, { pipeline: bare, wait: false }] }, async (context) => {
      const { step, sleep, sleepUntil, waitForEvent, waitForRun, waitForApproval } = context;
      expectTypeOf(await step("a", async () => ({ n: 1 }))).toEqualTypeOf<{ n: number }>();
      await sleep("10m", { name: "rest" });
      await sleepUntil(new Date(0));
      const one = await waitForEvent(replied, { where: { ticket: "t" }, timeout: "48h" });
      expectTypeOf(one?.data).toEqualTypeOf<{ ticket: string; text: string } | undefined>();
      const some = await waitForEvent("ticket.*", { lookBack: "10m" });
      expectTypeOf(some?.data).toEqualTypeOf<unknown>();
      const first = await waitForEvent({ any: [replied, closed] }, { where: { ticket: "t" } });
      if (first?.type === "ticket.closed") expectTypeOf(first.data.score).toEqualTypeOf<number>();
      const both = await waitForEvent({ all: [replied, closed] });
      if (both !== null) {
        expectTypeOf(both[0].data.text).toEqualTypeOf<string>();
        expectTypeOf(both[1].data.score).toEqualTypeOf<number>();
      }
      const end = await waitForRun(
        { pipeline: render, match: { within: "2h" } },
        { timeout: "1h" },
      );
      if (end.state === "succeeded") expectTypeOf(end.result.path).toEqualTypeOf<string>();
      if (end.state === "failed") expectTypeOf(end.reason).toEqualTypeOf<string | null>();
      if (end.state === "missing") expectTypeOf(end.run).toEqualTypeOf<string | null>();
      const named = await waitForRun("run_12");
      if (named.state === "succeeded") expectTypeOf(named.result).toEqualTypeOf<unknown>();
      const { verdict } = await waitForApproval({ asks: "Sure?", roles: ["lead"] });
      expectTypeOf(verdict).toEqualTypeOf<"approved" | "rejected" | "timed_out">();
      const drawn = await context.call(render, { ticket: "t" }, { partition: {}, timeout: "1h" });
      expectTypeOf(drawn).toEqualTypeOf<{ path: string }>();
      const sent = await context.call(render, { ticket: "t" }, { partition: {}, wait: false });
      expectTypeOf(sent.run).toEqualTypeOf<string>();
      expectTypeOf(await context.call(daily1, {})).toEqualTypeOf<string>();
      await context.status.set("progress", "1 of 2");
      const file = await context.blob.put("text", { name: "a.txt" });
      expectTypeOf(await context.blob.text(file)).toEqualTypeOf<string>();
      expectTypeOf(context.run.traceparent).toEqualTypeOf<string | null>();
      return { file };
    });
  });
});

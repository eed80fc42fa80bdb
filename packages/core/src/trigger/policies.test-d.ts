import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  after,
  all,
  any,
  atLeast,
  cron,
  daily,
  dataset,
  datasetPattern,
  event,
  fixed,
  from,
  gt,
  keys,
  pipeline,
  published,
  same,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const byDay = { partitions: { date: day } } as const;
const flights = dataset("flights", { ...byDay, metadata: z.object({ rows: z.number() }) });
const weather = dataset("weather", byDay);
const sales = dataset("sales", { partitions: { date: day, region: keys("eu", "us") } });
const load = pipeline("load", byDay, ({ task }) => task("t", () => ({ path: "x" })));
const clean = pipeline("clean", byDay, ({ task }) => task("t", () => 3));
const plain = pipeline("plain", {}, ({ task }) => task("t", () => "done"));
const opened = event("ticket.opened", { data: z.object({ id: z.string() }) });
const raw = datasetPattern("s3://lake/raw/{table}/dt={day}/*.csv", { partitions: { day } });
const nothing = (): void => undefined;

test("after() several pipelines types what was received from each", () => {
  pipeline(
    "p",
    { ...byDay, on: { x: after(any(all(load, clean), clean), { within: "6h" }) } },
    ({ task }) => {
      task("t", ({ received }) => {
        expectTypeOf(received(load).map((r) => r.result)).toEqualTypeOf<{ path: string }[]>();
        expectTypeOf(received(clean).map((r) => r.result)).toEqualTypeOf<number[]>();
        expectTypeOf(received(clean).map((r) => r.state)).toEqualTypeOf<"succeeded"[]>();
        // @ts-expect-error no trigger names it
        received(plain);
      });
    },
  );
});

test("however they end, the state says so for each", () => {
  const on = { x: after(all(load, clean), { on: "completion" }) };
  pipeline("p", { ...byDay, on }, ({ task }) => {
    task("t", ({ received }) => {
      expectTypeOf(received(load).map((r) => r.state)).toEqualTypeOf<
        ("succeeded" | "failed" | "cancelled")[]
      >();
      expectTypeOf(received(clean).map((r) => r.result)).toEqualTypeOf<(number | null)[]>();
    });
  });
});

test("every pipeline of after() must say which partition a run is for", () => {
  pipeline("p", { ...byDay, on: { x: after(all(load, clean)) } }, nothing);
  // @ts-expect-error one of them has no partitions
  pipeline("p", { ...byDay, on: { x: after(all(load, plain)) } }, nothing);
  // @ts-expect-error they have, and this pipeline has none
  pipeline("p", { on: { x: after(all(load, clean)) } }, nothing);
  pipeline("p", { on: { x: after(all(load, clean), { partition: {} }) } }, nothing);
  const mapped = after(all(load, clean), { partition: { day: same("date") } });
  pipeline("p", { partitions: { day }, on: { x: mapped } }, nothing);
});

test("datasets and pipelines do not mix, and each has its own function", () => {
  // @ts-expect-error a dataset and a pipeline
  all(flights, load);
  // @ts-expect-error nested, too
  atLeast(1, all(load, clean), any(flights));
  // @ts-expect-error pipelines are not updated
  updated(all(load, clean));
  // @ts-expect-error datasets do not end
  after(all(flights, weather));
});

test("a leg keeps its types under maxAge and complete", () => {
  const leg = sales
    .where({ partition: { region: "eu" } })
    .maxAge("2h")
    .complete({ region: ["eu"] });
  pipeline("p", { ...byDay, on: { x: all(leg, flights.complete()) } }, ({ task }) => {
    task("t", ({ received }) => {
      expectTypeOf(received(sales).map((u) => u.partition.region)).toEqualTypeOf<("eu" | "us")[]>();
      expectTypeOf(received(flights).map((u) => u.metadata.rows)).toEqualTypeOf<number[]>();
    });
  });
  sales.complete({ date: "all", region: "all" });
  // @ts-expect-error a value that the key does not have
  sales.complete({ region: ["mars"] });
  // @ts-expect-error a key that the dataset does not have
  sales.complete({ area: "all" });
});

test("a pattern's captures are its partition keys", () => {
  const two = { day, table: keys("orders") } as const;
  const any = datasetPattern("s3://lake/raw/{table}.csv", { partitions: { table: two.table } });
  expectTypeOf<typeof any>().toHaveProperty("uri");
  pipeline(
    "p",
    { partitions: { day }, on: { x: updated(raw.where({ metadata: { rows: gt(0) } })) } },
    ({ task }) => {
      task("t", ({ received }) => {
        const update = received(raw).at(-1);
        expectTypeOf(update?.partition.table).toEqualTypeOf<string | undefined>();
        expectTypeOf(update?.partition.day).toEqualTypeOf<string | undefined>();
        expectTypeOf(update?.dataset).toEqualTypeOf<string | undefined>();
        // @ts-expect-error it captures no such thing
        void update?.partition.hour;
      });
    },
  );
  pipeline("p", { partitions: { date: day }, on: { x: raw.as({ date: same("day") }) } }, nothing);
  // @ts-expect-error it captures no hour
  raw.as({ date: same("hour") });
  // @ts-expect-error a scheme for what it does not capture
  datasetPattern("s3://lake/raw/{table}.csv", { partitions: { day } });
  // @ts-expect-error a pattern cannot be produced
  pipeline("p", {}, ({ task }) => void task("t", { produces: { raw } }, () => 1));
  pipeline("p", { on: { x: raw.as({}) } }, nothing);
  // @ts-expect-error it says no region
  pipeline("p", { partitions: { region: keys("eu") }, on: { x: raw } }, nothing);
  const eu = raw.as({ region: fixed("eu") });
  pipeline("p", { partitions: { region: keys("eu") }, on: { x: eu } }, nothing);
});

test("events of a pattern carry unknown data, and go by the pattern", () => {
  const on = { x: published("ticket.*", { where: { hours: gt(2) } }), y: published(opened) };
  pipeline("p", { on }, ({ task }) => {
    task("t", ({ received }) => {
      expectTypeOf(received("ticket.*").map((e) => e.data)).toEqualTypeOf<unknown[]>();
      expectTypeOf(received(opened).map((e) => e.data.id)).toEqualTypeOf<string[]>();
      // @ts-expect-error no trigger has this pattern
      received("order.*");
    });
  });
  const params = z.object({ id: z.string() });
  const filled = published("ticket.*", { params: { id: from("data.id") } });
  pipeline("p", { params, on: { x: filled } }, nothing);
  // @ts-expect-error the param is not filled
  pipeline("p", { params, on: { x: published("ticket.*") } }, nothing);
});

test("policies that exclude each other or make no sense do not compile", () => {
  const both = all(flights, weather);
  updated(both, { deadline: { at: "06:00", timezone: "UTC", then: "run-partial", late: "rerun" } });
  // @ts-expect-error a deadline that does not say what then
  updated(both, { deadline: { after: "2h" } });
  // @ts-expect-error a deadline that does not say when
  updated(both, { deadline: { then: "skip" } });
  // @ts-expect-error late, of what starts no partial run
  updated(both, { deadline: { after: "2h", then: "skip", late: "rerun" } });
  // @ts-expect-error a length is text
  updated(both, { within: 6 });
  // @ts-expect-error no such choice
  updated(both, { whilePaused: "wait" });
  // @ts-expect-error runs have no content to compare
  after(load, { changedOnly: true });
  // @ts-expect-error one event satisfies it
  published(opened, { deadline: { after: "2h", then: "skip" } });
  // @ts-expect-error a length is text
  cron("@daily", { jitter: 5 });
  // @ts-expect-error no such choice
  pipeline("p", { maxActiveRuns: 1, whenActive: "wait" }, nothing);
});

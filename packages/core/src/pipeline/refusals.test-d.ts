import { test } from "vitest";
import { z } from "zod";
import {
  after,
  all,
  cron,
  daily,
  dataset,
  datasetRef,
  event,
  fixed,
  from,
  gt,
  hourly,
  keys,
  monthly,
  namespace,
  oneOf,
  pipeline,
  prefix,
  published,
  rollup,
  same,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const flights = dataset("flights", {
  uri: "s3://lake/raw/flights/{date}.csv",
  partitions: { date: day },
  metadata: z.object({
    rows: z.number().int(),
    source: z.object({ kind: z.enum(["api", "file"]) }),
  }),
});
const weather = dataset("weather", { partitions: { date: day } });
const clicks = dataset("clicks", { partitions: { date: hourly({ start: "2026-01-01T00" }) } });
const airports = dataset("airports", { uri: "postgres://db/airports" });
const delays = dataset("delays", {
  partitions: { date: day },
  metadata: z.object({ rows: z.number() }),
});
const logical = dataset("logical");
const escalate = pipeline("escalate", {}, ({ task }) => task("t", () => 1));
const daily1 = pipeline("daily", { partitions: { date: day } }, ({ task }) => task("t", () => 1));
const byDay = { partitions: { date: day } } as const;
const nothing = (): void => undefined;

test("a trigger that does not say which partition its run is for does not compile", () => {
  // @ts-expect-error an hourly leg in a daily pipeline
  pipeline("p", { ...byDay, on: { x: all(flights, clicks) } }, nothing);
  // @ts-expect-error an unpartitioned leg in a daily pipeline
  pipeline("p", { ...byDay, on: { x: all(flights, airports) } }, nothing);
  // @ts-expect-error a partitioned leg in an unpartitioned pipeline
  pipeline("p", { on: { x: flights } }, nothing);
  // @ts-expect-error the same inside a condition
  pipeline("p", { on: { x: updated(all(airports, flights)) } }, nothing);
  // @ts-expect-error a schedule without partition
  pipeline("p", { ...byDay, on: { x: cron("* * * * *") } }, nothing);
  // @ts-expect-error the end of an unpartitioned pipeline
  pipeline("p", { ...byDay, on: { x: after(escalate) } }, nothing);
  // @ts-expect-error the end of a partitioned one, for a run that is for none
  pipeline("p", { on: { x: after(daily1) } }, nothing);
  // @ts-expect-error an event without partition
  pipeline("p", { ...byDay, on: { x: event("e") } }, nothing);
  // @ts-expect-error 'interval' with two keys
  pipeline("p", { partitions: { date: day, region: keys("eu") }, on: { x: cron("* * * * *", { partition: "interval" }) } }, nothing); // prettier-ignore
  // @ts-expect-error 'interval' with named keys
  pipeline("p", { partitions: { region: keys("eu") }, on: { x: cron("* * * * *", { partition: "interval" }) } }, nothing); // prettier-ignore
  // @ts-expect-error 'interval' without a key
  pipeline("p", { on: { x: cron("* * * * *", { partition: "interval" }) } }, nothing);
});

test("a mapping that does not fit does not compile", () => {
  // @ts-expect-error a key that the dataset does not have
  flights.as({ day: same("day") });
  const month = monthly({ start: "2026-01" });
  // @ts-expect-error a rollup to months, in a daily pipeline
  pipeline("p", { ...byDay, on: { x: flights.as({ date: rollup("date", month) }) } }, nothing);
  // @ts-expect-error a value that is no key of the pipeline
  pipeline("p", { partitions: { region: keys("eu") }, on: { x: flights.as({ region: fixed("asia") }) } }, nothing); // prettier-ignore
});

test("a filter of another shape does not compile", () => {
  // @ts-expect-error an unknown field
  flights.where({ metadata: { rowz: gt(0) } });
  // @ts-expect-error text where a number is
  flights.where({ metadata: { rows: "x" } });
  // @ts-expect-error a text to compare a number with
  flights.where({ metadata: { rows: gt("x") } });
  // @ts-expect-error a prefix of a number
  flights.where({ metadata: { rows: prefix("x") } });
  // @ts-expect-error a value that the field cannot have
  flights.where({ metadata: { source: { kind: "apx" } } });
  // @ts-expect-error the same in a list
  flights.where({ metadata: { source: { kind: oneOf("apx") } } });
});

test("slots of the URI that are no partition keys do not compile", () => {
  // @ts-expect-error a slot too many
  dataset("a", { uri: "s3://b/{date}/{hour}.csv", partitions: { date: day } });
  // @ts-expect-error no partitions
  dataset("a", { uri: "s3://b/{date}.csv" });
  // @ts-expect-error no slot
  dataset("a", { uri: "s3://b/x.csv", partitions: { date: day } });
});

test("metadata that JSON cannot carry does not compile", () => {
  // @ts-expect-error a date
  dataset("d", { metadata: z.object({ at: z.date() }) });
});

test("a handler that misuses its context does not compile", () => {
  pipeline("p", { ...byDay, on: { x: flights } }, ({ task, map, branch }) => {
    const load = task("load", () => ({ rows: 1, files: ["a"] }));
    // @ts-expect-error not a source of this pipeline
    task("a", ({ received }) => received(weather).length);
    // @ts-expect-error a need without that field
    task("b", { needs: { load } }, ({ needs }) => needs.load.rowz);
    task("c", { produces: { delays } }, async ({ produces }) => {
      // @ts-expect-error metadata of another type
      await produces.delays.update({ metadata: { rows: "x" } });
      // @ts-expect-error no metadata
      await produces.delays.update();
    });
    task("d", { produces: { clicks } }, async ({ produces }) => {
      // @ts-expect-error the run's day is no hour
      await produces.clicks.update();
    });
    task("e", { produces: { logical } }, ({ produces }) => produces.logical.update());
    // @ts-expect-error a date as output
    task("f", () => ({ when: new Date(), ok: 1 }));
    // @ts-expect-error a map as output
    task("g", () => new Map());
    // @ts-expect-error not a list
    map("h", { over: load.at("rows") }, ({ item }) => item);
    const way = branch("i", () => (load.at("rows") ? "left" : "right"));
    // @ts-expect-error a way that it cannot take
    task("j", { when: way.is("up") }, () => 1);
    // @ts-expect-error an outcome is no output
    task("k", { needs: { load }, runIf: "all_done" }, ({ needs }) => needs.load.rows);
    // @ts-expect-error no such rule
    task("l", { needs: { load }, runIf: "sometimes" }, () => 1);
    // @ts-expect-error no such part
    load.at("nope");
  });
});

test("policies do not nest", () => {
  // @ts-expect-error a trigger inside a condition
  all(updated(all(flights, weather), { each: true }), flights);
});

test("secrets, variables and event data that were not declared do not compile", () => {
  const ns = namespace("n", { variables: z.object({ a: z.string() }), secrets: ["k"] });
  const ev = event("x.y", { data: z.object({ d: z.string() }) });
  pipeline("p", { namespace: ns, on: { ev } }, ({ task }) => {
    task("a", { produces: { ev } }, async ({ variables, secret, produces, received }) => {
      // @ts-expect-error an unknown variable
      String(variables.b);
      // @ts-expect-error an unknown secret
      await secret("z");
      // @ts-expect-error data of another type
      await produces.ev.publish({ d: 1 });
      // @ts-expect-error text has no toFixed
      received(ev)[0]?.data.d.toFixed();
    });
  });
});

test("a trigger that does not fill the required params does not compile", () => {
  const params = z.object({ ticket: z.string(), level: z.number().default(1) });
  const stale = event("stale", { data: z.object({ ticket: z.string() }) });
  // @ts-expect-error no ticket
  pipeline("p", { params, on: { stale } }, nothing);
  // @ts-expect-error no ticket
  pipeline("p", { params, on: { x: airports } }, nothing);
  // @ts-expect-error a level of another type
  pipeline("p", { params, on: { x: published(stale, { params: { ticket: "a", level: "b" } }) } }, nothing); // prettier-ignore
  // @ts-expect-error an unknown param
  pipeline("p", { params, on: { x: cron("0 0 * * *", { params: { ticket: "a", other: 1 } }) } }, nothing); // prettier-ignore
  pipeline("p", { params, on: { x: updated(airports, { params: { ticket: "a" } }) } }, nothing);
  pipeline("p", { params, on: { x: published(stale, { params: { ticket: from("data.ticket") } }) } }, nothing); // prettier-ignore
});

test("a reference to a dataset cannot be produced to", () => {
  const far = datasetRef("far");
  pipeline("p", {}, ({ task }) => {
    // @ts-expect-error its declaration is elsewhere
    task("a", { produces: { far } }, () => 1);
  });
});

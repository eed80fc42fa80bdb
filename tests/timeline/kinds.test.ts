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
  from,
  gt,
  pipeline,
  pipelineRef,
  published,
  same,
  updated,
} from "@millrace/core";
import { simulate } from "@millrace/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { decided, told } from "./told.ts";

const [a, b, c, d] = [dataset("a"), dataset("b"), dataset("c"), dataset("d")];

describe("schedules", () => {
  test("a night that skips 02:30 fires once at 03:00, and one that has it twice fires once", () => {
    const nightly = pipeline(
      "nightly",
      { on: { nightly: cron("30 2 * * *", { timezone: "Europe/Oslo" }) } },
      ({ task }) => task("work", () => 1),
    );
    const spring = simulate(
      [nightly],
      [
        { at: "2026-03-28T00:00Z", pause: [nightly, "nightly"] },
        { at: "2026-03-28T12:00Z", resume: [nightly, "nightly"] },
        { until: "2026-03-30T12:00Z" },
      ],
    );
    expect(told(spring)).toEqual(["03-29 01:00 by schedule", "03-30 00:30 by schedule"]);
    const autumn = simulate(
      [nightly],
      [{ until: "2026-10-24T12:00Z" }, { until: "2026-10-26T12:00Z" }],
    );
    expect(told(autumn)).toEqual(["10-25 00:30 by schedule", "10-26 01:30 by schedule"]);
  });

  test.each(["Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/Havana"])(
    "no day of %s is lost where local midnight does not exist",
    (timezone) => {
      const daily = pipeline("daily", { on: { daily: cron("@daily", { timezone }) } }, ({ task }) =>
        task("work", () => 1),
      );
      const { runs } = simulate(
        [daily],
        [{ until: "2026-01-01T12:00Z" }, { until: "2026-12-31T12:00Z" }],
      );
      expect(runs.length).toBe(364);
    },
  );

  test.each([
    ["none", []],
    ["last", ["03-01 12:30"]],
    ["all", ["03-01 10:00", "03-01 11:00", "03-01 12:00"]],
  ] as const)(
    "after downtime, catchup %s makes up for the ticks that it says",
    (catchup, wanted) => {
      const hourly = pipeline(
        "hourly",
        { on: { hourly: cron("0 * * * *", { catchup }) } },
        ({ task }) => task("work", () => 1),
      );
      const { runs } = simulate(
        [hourly],
        [
          { at: "2026-03-01T09:30Z", downUntil: "2026-03-01T12:30Z" },
          { until: "2026-03-01T12:45Z" },
        ],
      );
      const shown =
        catchup === "all" ? runs.map(({ logicalAt }) => logicalAt) : runs.map(({ at }) => at);
      expect(shown.map((at) => at?.slice(5, 16).replace("T", " "))).toEqual(wanted);
    },
  );

  test("the partition of a scheduled run is the period that ended", () => {
    const date = daily({ start: "2026-01-01" });
    const report = pipeline(
      "report",
      { partitions: { date }, on: { morning: cron("0 6 * * *", { partition: "interval" }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [report],
      [{ until: "2026-03-01T00:00Z" }, { until: "2026-03-02T07:00Z" }],
    );
    expect(told(result)).toEqual([
      "03-01 06:00 [2026-02-28] by schedule",
      "03-02 06:00 [2026-03-01] by schedule",
    ]);
  });
});

describe("conditions over datasets", () => {
  test("nested all, any and atLeast fire at the first prefix that satisfies them", () => {
    const join = pipeline(
      "join",
      { on: { files: updated(all(a, any(b, atLeast(2, a, c, d)))) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [join],
      [
        { at: "2026-03-01T10:00Z", update: c },
        { at: "2026-03-01T10:01Z", update: b },
        { at: "2026-03-01T10:02Z", update: a },
        { at: "2026-03-01T10:03Z", update: a },
        { at: "2026-03-01T10:04Z", update: d },
        { at: "2026-03-01T10:05Z", update: b },
      ],
    );
    expect(told(result)).toEqual(["03-01 10:02 by a with c, b", "03-01 10:04 by d with a"]);
    expect(result.waiting).toEqual([
      {
        pipeline: "join",
        trigger: "files",
        partition: {},
        facts: ["b"],
        disposition: "waiting_for",
        reason: "it waits for a, c, d",
        until: null,
      },
    ]);
  });

  test("triggers of a pipeline are independent: each that fires starts a run", () => {
    const two = pipeline(
      "two",
      { on: { one: updated(a), other: updated(any(a, b)) } },
      ({ task }) => task("work", () => 1),
    );
    const { runs } = simulate([two], [{ at: "2026-03-01T10:00Z", update: a }]);
    expect(runs.map(({ trigger }) => trigger)).toEqual(["one", "other"]);
  });

  test("a pattern matches datasets by their place, and its captures are the partition", () => {
    const day = daily({ start: "2026-01-01" });
    const raw = datasetPattern("s3://lake/raw/{table}/dt={day}/*.csv", { partitions: { day } });
    const orders = dataset("orders", {
      uri: "s3://lake/raw/orders/dt={day}/all.csv",
      partitions: { day },
    });
    const users = dataset("users", {
      uri: "s3://lake/raw/users/dt={day}/all.csv",
      partitions: { day },
    });
    const other = dataset("other", { uri: "s3://lake/clean/users/{day}.csv", partitions: { day } });
    const copy = pipeline(
      "copy",
      { partitions: { day }, on: { raw: updated(raw.as({ day: same("day") })) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [copy],
      [
        { at: "2026-03-01T10:00Z", update: orders, partition: { day: "2026-02-27" } },
        { at: "2026-03-01T10:01Z", update: users, partition: { day: "2026-02-28" } },
        { at: "2026-03-01T10:02Z", update: other, partition: { day: "2026-02-28" } },
      ],
    );
    expect(told(result)).toEqual([
      "03-01 10:00 [2026-02-27] by orders day=2026-02-27",
      "03-01 10:01 [2026-02-28] by users day=2026-02-28",
    ]);
    expect(decided(result).at(-1)).toBe("other day=2026-02-28: no_subscribers");
  });

  test("a filter keeps out what it does not match, and the decision says so", () => {
    const files = dataset("files", { metadata: z.object({ rows: z.number() }) });
    const load = pipeline(
      "load",
      { on: { big: updated(files.where({ metadata: { rows: gt(10) } })) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [load],
      [
        { at: "2026-03-01T10:00Z", update: files, metadata: { rows: 3 }, as: "small" },
        { at: "2026-03-01T10:01Z", update: files, metadata: { rows: 30 }, as: "big" },
      ],
    );
    expect(told(result)).toEqual(["03-01 10:01 by big"]);
    expect(decided(result)).toEqual(["small: filtered", "big: started"]);
  });
});

describe("pipelines", () => {
  test.each([
    ["success", ["succeeded"]],
    ["failure", ["failed"]],
    ["completion", ["succeeded", "failed"]],
  ] as const)("after on %s starts when a run of it %s", (on, wanted) => {
    const source = pipelineRef("source", {});
    const next = pipeline("next", { on: { done: after(source, { on }) } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate(
      [next],
      [
        { at: "2026-03-01T10:00Z", ends: source, state: "succeeded", as: "succeeded" },
        { at: "2026-03-01T11:00Z", ends: source, state: "failed", as: "failed" },
      ],
    );
    expect(result.runs.map(({ startedBy }) => startedBy)).toEqual(wanted);
  });

  test("after all of several waits for each, after any for the first; results reach params", () => {
    const load = pipeline("load", { on: { a } }, ({ task }) => task("work", () => ({ rows: 1 })));
    const clean = pipeline("clean", { on: { b } }, ({ task }) => task("work", () => ({ rows: 1 })));
    const both = pipeline(
      "both",
      { on: { done: after(all(load, clean), { within: "6h" }) } },
      ({ task }) => task("work", () => 1),
    );
    const either = pipeline(
      "either",
      {
        params: z.object({ rows: z.number() }),
        on: { done: after(any(load, clean), { params: { rows: from("result.rows") } }) },
      },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [load, clean, both, either],
      [
        { at: "2026-03-01T10:00Z", update: a },
        { at: "2026-03-01T11:00Z", update: b },
        { at: "2026-03-01T12:00Z", update: a },
        { at: "2026-03-01T19:00Z", update: b },
      ],
      { result: () => ({ rows: 7 }) },
    );
    const of = (name: string) => result.runs.filter(({ pipeline: each }) => each === name);
    expect(of("both").map(({ startedBy, included }) => [startedBy, included])).toEqual([
      ["run of clean", ["run of load"]],
    ]);
    expect(of("either").map(({ params }) => params)).toEqual([
      { rows: 7 },
      { rows: 7 },
      { rows: 7 },
      { rows: 7 },
    ]);
  });
});

test("events fan out to each subscriber, by name, pattern and filter", () => {
  const stale = event("ticket.stale", { data: z.object({ id: z.string(), hours: z.number() }) });
  const one = pipeline(
    "one",
    {
      params: z.object({ ticket: z.string() }),
      on: {
        stale: published(stale, { where: { hours: gt(48) }, params: { ticket: from("data.id") } }),
      },
    },
    ({ task }) => task("work", () => 1),
  );
  const every = pipeline("every", { on: { ticket: published("ticket.*") } }, ({ task }) =>
    task("work", () => 1),
  );
  const result = simulate(
    [one, every],
    [
      { at: "2026-03-01T10:00Z", publish: stale, data: { id: "t1", hours: 50 } },
      { at: "2026-03-01T10:01Z", publish: stale, data: { id: "t2", hours: 2 } },
      { at: "2026-03-01T10:02Z", publish: "ticket.closed", data: {} },
      { at: "2026-03-01T10:03Z", publish: "ticket.closed.late", data: {} },
    ],
  );
  expect(
    result.runs.map(({ pipeline: name, params, startedBy }) => [name, params, startedBy]),
  ).toEqual([
    ["one", { ticket: "t1" }, "ticket.stale"],
    ["every", {}, "ticket.stale"],
    ["every", {}, "ticket.stale"],
    ["every", {}, "ticket.closed"],
  ]);
  expect(decided(result)).toContain("ticket.closed.late: no_subscribers");
});

test("a run by hand takes its params and partition, and triggers what follows it", () => {
  const date = daily({ start: "2026-01-01" });
  const out = dataset("out", { partitions: { date } });
  const make = pipeline(
    "make",
    { partitions: { date }, params: z.object({ full: z.boolean().default(false) }) },
    ({ task }) => task("work", { produces: { out } }, () => 1),
  );
  const use = pipeline("use", { partitions: { date }, on: { out } }, ({ task }) =>
    task("work", () => 1),
  );
  const { runs } = simulate(
    [make, use],
    [
      {
        at: "2026-03-01T10:00Z",
        run: make,
        partition: { date: "2026-02-01" },
        params: { full: true },
      },
    ],
  );
  expect(runs.map(({ pipeline: name, startedBy, params }) => [name, startedBy, params])).toEqual([
    ["make", "manual", { full: true }],
    ["use", "out date=2026-02-01", {}],
  ]);
});

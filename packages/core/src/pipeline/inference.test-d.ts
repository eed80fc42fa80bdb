import * as v from "valibot";
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
  datasetRef,
  event,
  fixed,
  from,
  gt,
  hourly,
  keys,
  monthly,
  type ParamsOf,
  pipeline,
  pipelineRef,
  prefix,
  published,
  oneOf,
  type ResultOf,
  rollup,
  same,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });
const flights = dataset("flights", {
  uri: "s3://lake/raw/flights/{date}.csv",
  partitions: { date: day },
  metadata: z.object({
    rows: z.number().int(),
    source: z.object({ kind: z.enum(["api", "file"]) }),
    note: z.string().nullable().optional(),
  }),
});
const weather = dataset("weather", {
  uri: "s3://lake/raw/weather/{date}.json",
  partitions: { date: day },
  metadata: v.object({ stations: v.number() }),
});
const delays = dataset("delays", {
  partitions: { date: day },
  metadata: z.object({ rows: z.number() }),
});
const clicks = dataset("clicks", { partitions: { hour: hourly({ start: "2026-01-01T00" }) } });
const airports = dataset("airports", { uri: "postgres://db/airports" });
const logical = dataset("logical");
const globbed = dataset("globbed", { uri: "s3://lake/in/*.csv" });
const regional = dataset("regional", { partitions: { date: day, region: keys("eu", "us") } });
const stale = event("ticket.stale", {
  data: z.object({ ticket: z.string(), hours: z.number().default(1) }),
});

const build = pipeline(
  "build",
  { partitions: { date: day }, on: { files: all(flights, weather) } },
  ({ task }) => task("write", { produces: { delays } }, () => ({ path: "x" })),
);
const assign = pipeline(
  "assign",
  { params: z.object({ ticket: z.string(), level: z.number().default(1) }) },
  ({ task }) => task("end", ({ params }) => `${params.ticket}${params.level}`),
);

test("results and params of a pipeline are typed", () => {
  expectTypeOf<ResultOf<typeof build>>().toEqualTypeOf<{ path: string }>();
  expectTypeOf<ResultOf<typeof assign>>().toEqualTypeOf<string>();
  expectTypeOf<ParamsOf<typeof assign>>().toEqualTypeOf<{
    ticket: string;
    level?: number | undefined;
  }>();
  const none = pipeline("none", {}, ({ task }) => {
    task("a", () => 1);
  });
  expectTypeOf<ResultOf<typeof none>>().toEqualTypeOf<null>();
});

test("a handler sees its run, its params and what it received", () => {
  pipeline(
    "p",
    {
      partitions: { date: day },
      params: z.object({ n: z.number().default(1) }),
      on: {
        a: any(all(flights, weather), delays),
        b: cron("0 * * * *", { partition: "interval" }),
        c: after(build),
      },
    },
    ({ task }) => {
      task("load", ({ run, params, received, attempt, signal }) => {
        expectTypeOf(run.partition).toEqualTypeOf<{ readonly date: string }>();
        expectTypeOf(run.trigger).toEqualTypeOf<"a" | "b" | "c" | "manual">();
        expectTypeOf(run.logicalAt).toEqualTypeOf<string | null>();
        expectTypeOf(params).toEqualTypeOf<{ n: number }>();
        expectTypeOf(attempt.number).toEqualTypeOf<number>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        const update = received(flights).at(-1);
        expectTypeOf(update?.metadata.rows).toEqualTypeOf<number | undefined>();
        expectTypeOf(update?.dataset).toEqualTypeOf<"flights" | undefined>();
        expectTypeOf(update?.uri).toEqualTypeOf<string | undefined>();
        expectTypeOf(update?.partition).toEqualTypeOf<{ readonly date: string } | undefined>();
        expectTypeOf(received(weather).map((u) => u.metadata)).toEqualTypeOf<
          { stations: number }[]
        >();
        expectTypeOf(received(delays).map((u) => u.uri)).toEqualTypeOf<string[]>();
        expectTypeOf(received(build).map((r) => r.result)).toEqualTypeOf<{ path: string }[]>();
        expectTypeOf(received(build).map((r) => r.state)).toEqualTypeOf<"succeeded"[]>();
      });
    },
  );
});

test("an end that may be a failure brings no result unless it succeeded", () => {
  pipeline(
    "p",
    { partitions: { date: day }, on: { ended: after(build, { on: "completion" }) } },
    ({ task }) => {
      task("tell", ({ received }) => {
        const [run] = received(build);
        expectTypeOf(run?.result).toEqualTypeOf<{ path: string } | null | undefined>();
        if (run?.state === "succeeded") expectTypeOf(run.result.path).toEqualTypeOf<string>();
      });
    },
  );
});

test("outputs flow to those who need them", () => {
  pipeline("p", { partitions: { date: day }, on: { flights } }, ({ task, map, branch }) => {
    const load = task("load", async () => ({ rows: 1, items: [{ id: "x" }], deep: { n: 1 } }));
    expectTypeOf(load.at("deep").at("n")["~output"]).toEqualTypeOf<number | undefined>();
    const sizes = map("m", { over: load.at("items"), needs: { load } }, (context) => {
      expectTypeOf(context.item).toEqualTypeOf<{ id: string }>();
      expectTypeOf(context.index).toEqualTypeOf<number>();
      expectTypeOf(context.needs.load.rows).toEqualTypeOf<number>();
      return context.item.id.length;
    });
    const way = branch("b", { needs: { sizes } }, async ({ needs }) => {
      expectTypeOf(needs.sizes).toEqualTypeOf<number[]>();
      return needs.sizes.length > 1 ? "many" : "few";
    });
    expectTypeOf<Parameters<(typeof way)["is"]>[0]>().toEqualTypeOf<"many" | "few">();
    task("part", { needs: { n: load.at("deep").at("n") } }, ({ needs }) => {
      expectTypeOf(needs.n).toEqualTypeOf<number>();
    });
    task("z", { needs: { sizes, load }, runIf: "none_failed" }, ({ needs }) => {
      if (needs.load.state === "succeeded") {
        expectTypeOf(needs.load.output.rows).toEqualTypeOf<number>();
      }
      if (needs.sizes.state === "failed") {
        expectTypeOf(needs.sizes.error.message).toEqualTypeOf<string>();
      }
    });
    task("plain", { timeout: "5m", retries: { limit: 2, delay: "1s" } }, ({ needs }) => {
      expectTypeOf(needs).toEqualTypeOf<{}>();
    });
  });
});

test("what a task produces and consumes has its dataset's types", () => {
  pipeline("p", { partitions: { date: day }, on: { flights } }, ({ task }) => {
    task(
      "io",
      { produces: { delays, regional, stale }, consumes: { airports, past: delays.previous() } },
      async ({ produces, consumes }) => {
        await produces.delays.update({ metadata: { rows: 1 } });
        await produces.regional.update({ partition: { date: "2026-01-01", region: "eu" } });
        produces.delays.skip("nothing new");
        await produces.stale.publish({ ticket: "t" });
        expectTypeOf(produces.delays.uri).toEqualTypeOf<string>();
        expectTypeOf((await consumes.airports.latest())?.uri).toEqualTypeOf<string | undefined>();
        expectTypeOf((await consumes.past.latest())?.metadata.rows).toEqualTypeOf<
          number | undefined
        >();
      },
    );
    task("silent", { produces: { logical, globbed } }, ({ produces }) => produces.logical.update());
  });
});

test("a mapped leg presents itself under the consumer's keys", () => {
  pipeline(
    "monthly",
    {
      partitions: { month, region: keys("eu", "us") },
      on: {
        days: updated(
          all(
            flights.as({ month: rollup("date", month), region: fixed("eu") }),
            regional.where({ kind: "changed" }).as({
              month: rollup("date", month),
              region: same("region"),
            }),
          ),
        ),
      },
    },
    ({ task }) =>
      task("r", ({ run, received }) => {
        expectTypeOf(run.partition).toEqualTypeOf<{
          readonly month: string;
          readonly region: "eu" | "us";
        }>();
        expectTypeOf(received(flights).length).toEqualTypeOf<number>();
      }),
  );
  pipeline("any-day", { on: { x: atLeast(1, flights.as({}), airports) } }, ({ task }) =>
    task("r", ({ run }) => {
      expectTypeOf(run.partition).toEqualTypeOf<{}>();
    }),
  );
  pipeline("after-any-day", { on: { x: after(build, { partition: {} }) } }, ({ task }) =>
    task("r", () => null),
  );
});

test("filters have the shape of what they filter", () => {
  flights.where({ metadata: { rows: gt(0), source: { kind: "api" } } });
  flights.where({ metadata: { rows: 3, source: { kind: oneOf("api") }, note: null } });
  flights.where({ metadata: { note: prefix("x"), source: { kind: prefix("a") } } });
  flights.where({ partition: { date: "2026-01-01" }, source: { type: "s3" } });
});

test("events fill partitions and params by value or by path", () => {
  pipeline(
    "p",
    {
      partitions: { date: day },
      params: z.object({ ticket: z.string(), level: z.number() }),
      on: {
        stale: published(stale, {
          where: { hours: gt(2) },
          partition: { date: from("data.ticket") },
          params: { ticket: from("data.ticket"), level: 3 },
        }),
      },
    },
    ({ task }) =>
      task("t", ({ received }) => {
        const [first] = received(stale);
        expectTypeOf(first?.data).toEqualTypeOf<{ ticket: string; hours: number } | undefined>();
        expectTypeOf(first?.type).toEqualTypeOf<"ticket.stale" | undefined>();
      }),
  );
  pipeline("q", { on: { stale } }, ({ task }) =>
    task("t", ({ received }) => received(stale).map((e) => e.data.hours)),
  );
});

test("references bring the types of what others declare", () => {
  const far = datasetRef("far", {
    partitions: { date: day },
    metadata: z.object({ rows: z.number() }),
  });
  const escalate = pipelineRef("escalate", { result: z.object({ who: z.string() }) });
  pipeline("p", { partitions: { date: day }, on: { far } }, ({ task }) =>
    task("t", { waitFor: [escalate] }, ({ received }) => {
      expectTypeOf(received(far).map((u) => u.metadata.rows)).toEqualTypeOf<number[]>();
    }),
  );
  pipeline("q", { on: { done: after(escalate) } }, ({ task }) =>
    task("t", ({ received }) => {
      expectTypeOf(received(escalate).map((r) => r.result.who)).toEqualTypeOf<string[]>();
    }),
  );
});

test("a URI put together at run time leaves its slots to the definition", () => {
  const bucket: string = String("lake");
  const made = dataset("made", {
    uri: `s3://${bucket}/raw/{date}.csv`,
    partitions: { date: day },
  });
  const wide: string = "s3://lake/{date}.csv";
  dataset("wide", { uri: wide, partitions: { date: day } });
  dataset("wide-unpartitioned", { uri: wide });
  pipeline("p", { partitions: { date: day }, on: { made } }, ({ task }) =>
    task("t", ({ received }) => {
      expectTypeOf(received(made).map((u) => u.uri)).toEqualTypeOf<string[]>();
    }),
  );
  void clicks;
});

import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  all,
  cron,
  daily,
  dataset,
  event,
  gt,
  namespace,
  type ParamsOf,
  pipeline,
  type ResultOf,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const ops = namespace("ops", { variables: z.object({ airport: z.string() }), secrets: ["faa"] });

export const flights = dataset("flights", {
  uri: "s3://lake/raw/flights/{date}.csv",
  partitions: { date: day },
  metadata: z.object({ rows: z.number().int() }),
});
export const weather = dataset("weather", {
  uri: "s3://lake/raw/weather/{date}.json",
  partitions: { date: day },
});
export const delays = dataset("delays", {
  partitions: { date: day },
  metadata: z.object({ rows: z.number() }),
});
export const poor = event("flights.poor", { data: z.object({ date: z.string() }) });

export const buildDelays = pipeline(
  "build-delays",
  {
    namespace: ops,
    partitions: { date: day },
    on: {
      files: updated(all(flights.where({ metadata: { rows: gt(0) } }), weather)),
      morning: cron("0 6 * * *", { timezone: "America/New_York", partition: "interval" }),
    },
  },
  ({ task, map, branch }) => {
    const load = task(
      "load",
      { retries: 3, consumes: { flights } },
      async ({ received, consumes, run, log }) => {
        const update = received(flights).at(-1) ?? (await consumes.flights.latest());
        log.info("loading", { date: run.partition.date, uri: update?.uri });
        return { chunks: [update?.metadata.rows ?? 0] };
      },
    );
    const clean = map("clean", { over: load.at("chunks") }, ({ item, variables }) => ({
      rows: item,
      at: variables.airport,
    }));
    const quality = branch("quality", { needs: { clean } }, ({ needs }) =>
      needs.clean.some((c) => c.rows > 0) ? "good" : "poor",
    );
    const write = task(
      "write",
      { needs: { clean }, when: quality.is("good"), produces: { delays } },
      async ({ needs, produces }) => {
        await produces.delays.update({ metadata: { rows: needs.clean.length } });
        return { rows: needs.clean.length };
      },
    );
    task("warn", { when: quality.is("poor"), produces: { poor } }, ({ run, produces }) =>
      produces.poor.publish(run.partition),
    );
    return write;
  },
);

test("the example of the design infers its result and takes no params", () => {
  expectTypeOf<ResultOf<typeof buildDelays>>().toEqualTypeOf<{ rows: number }>();
  expectTypeOf<ParamsOf<typeof buildDelays>>().toEqualTypeOf<{}>();
  expectTypeOf(buildDelays.name).toEqualTypeOf<"build-delays">();
});

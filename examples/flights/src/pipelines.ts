/**
 * Are flights late when birds are about? Four pipelines that know nothing of each other but the
 * datasets between them:
 *
 *     raw-flights ─ clean-flights ─ flights ┐
 *                                           ├─ compare-month ─ months ┐
 *     raw-strikes ─ clean-strikes ─ strikes ┘                         ├─ write-report ─ report
 *                                                           airports ┘
 */
import { all, gte, pipeline, updated } from "@millrace/core";
import { z } from "zod";
import { drawChart } from "./chart.ts";
import {
  airports,
  aviation,
  Cleaned,
  flights,
  month,
  months,
  rawFlights,
  rawStrikes,
  report,
  strikes,
} from "./datasets.ts";
import { withDuck } from "./duck.ts";
import { list, readText, write } from "./lake.ts";
import { Birds, Departures, MonthSummary, Traffic } from "./month-summary.ts";
import { toMarkdown } from "./report.ts";

/** Starts whenever a file of flights arrives, or arrives anew. One run is one month. */
export const cleanFlights = pipeline(
  "clean-flights",
  { namespace: aviation, partitions: { month }, on: { rawFlights } },
  ({ task }) => {
    task(
      "clean",
      { retries: 3, consumes: { rawFlights }, produces: { flights } },
      async ({ consumes, produces, log }) => {
        const cleaned = await withDuck(async (duck) => {
          const csv = await duck.fetch(consumes.rawFlights.uri);
          await duck.run(`create view raw as from read_csv(${csv}, header = true)`);
          // Nobody lands two hours early; the sources have flights that did so by eighteen.
          await duck.run(`create table clean as
            select date, delay, distance, origin, destination from raw where delay >= -120`);
          await duck.store("clean", produces.flights.uri);
          return duck.row(CLEANED, Cleaned);
        });
        log.info("cleaned", cleaned);
        // Commits together with the task's success: no success without the update, and no update
        // without the success. What it carries is checked against the dataset's schema.
        await produces.flights.update({ metadata: cleaned });
      },
    );
  },
);

const CLEANED = `
  select count(*)::int as rows, ((select count(*) from raw) - count(*))::int as dropped,
    min(date)::date as "firstOn", max(date)::date as "lastOn"
  from clean`;

/** The same for reports of bird strikes: other source, other rules, other columns. */
export const cleanStrikes = pipeline(
  "clean-strikes",
  { namespace: aviation, partitions: { month }, on: { rawStrikes } },
  ({ task }) => {
    task(
      "clean",
      { retries: 3, consumes: { rawStrikes }, produces: { strikes } },
      async ({ consumes, produces }) => {
        const cleaned = await withDuck(async (duck) => {
          const csv = await duck.fetch(consumes.rawStrikes.uri);
          await duck.run(`create view raw as from read_csv(${csv}, header = true)`);
          // The flights are those of airlines, so only their strikes can be compared with them.
          await duck.run(`create table clean as
            select "Flight Date"::date as date, "Wildlife Species" as species,
              "Cost Total $"::int as "costUsd"
            from raw
            where "Aircraft Airline Operator" not in ('MILITARY', 'BUSINESS', 'PRIVATELY OWNED')`);
          await duck.store("clean", produces.strikes.uri);
          return duck.row(CLEANED, Cleaned);
        });
        await produces.strikes.update({ metadata: cleaned });
      },
    );
  },
);

/** Starts when flights and strikes of one and the same month are both there, and both are new. */
export const compareMonth = pipeline(
  "compare-month",
  {
    namespace: aviation,
    partitions: { month },
    on: {
      // A few flights that left around midnight make no month: such updates do not count.
      bothCleaned: updated(all(flights.where({ metadata: { rows: gte(100_000) } }), strikes)),
    },
  },
  ({ task }) => {
    // These two need nothing of each other, so they run at the same time.
    const traffic = task(
      "traffic",
      { retries: 3, consumes: { flights } },
      async ({ consumes, received, variables, log }) => {
        const late = `count(*) filter (delay > ${variables.lateMinutes})::int as late`;
        const counted = await withDuck(async (duck) => {
          const file = await duck.fetch(consumes.flights.uri);
          const total = `select count(*)::int as flights, sum(delay)::int as "delayMinutes", ${late}`;
          const each = `select origin as iata, count(*)::int as flights, ${late}`;
          return {
            ...(await duck.row(`${total} from ${file}`, Traffic)),
            airports: await duck.rows(
              `${each} from ${file} group by origin order by 1`,
              Departures,
            ),
          };
        });
        // The very update that started this run, with what its producer attached to it.
        const told = received(flights).at(-1)?.metadata.rows;
        if (told !== undefined && told !== counted.flights) {
          log.warn("the month was cleaned anew meanwhile", { told, found: counted.flights });
        }
        return counted;
      },
    );
    const birds = task("birds", { retries: 3, consumes: { strikes } }, ({ consumes }) =>
      withDuck(async (duck) => {
        const file = await duck.fetch(consumes.strikes.uri);
        const sql = `select count(*)::int as strikes, coalesce(sum("costUsd"), 0)::int as "costUsd"`;
        return duck.row(`${sql} from ${file}`, Birds);
      }),
    );
    task(
      "write",
      { retries: 3, needs: { traffic, birds }, produces: { months } },
      async ({ run, needs, produces }) => {
        const { airports: each, ...total } = needs.traffic;
        const summary = { month: run.partition.month, ...total, ...needs.birds, airports: each };
        await write(produces.months.uri, JSON.stringify(summary satisfies MonthSummary, null, 2));
        const { flights: flown, strikes: struck } = summary;
        await produces.months.update({ metadata: { flights: flown, strikes: struck } });
      },
    );
  },
);

/** Keeps the report as new as the months that it tells of. */
export const writeReport = pipeline(
  "write-report",
  {
    namespace: aviation,
    // Two at once could end in the wrong order, and leave the older report.
    maxActiveRuns: 1,
    // Two triggers: each starts a run of its own. An update of any month will do, and the run is
    // for none in particular.
    on: { months: updated(months.as({})), airports },
  },
  ({ task, branch, map }) => {
    const find = task("find", { retries: 3 }, async () => ({
      uris: await list("s3://lake/months/"),
    }));
    const any = branch("any", { needs: { find } }, ({ needs }) =>
      needs.find.uris.length > 0 ? "some" : "none",
    );
    const read = map(
      "read",
      { over: find.at("uris"), when: any.is("some"), retries: 3 },
      async ({ item }) => MonthSummary.parse(JSON.parse(await readText(item))),
    );
    task("draw", { needs: { read }, retries: 3 }, ({ needs }) =>
      write("s3://lake/report/chart.svg", drawChart(needs.read)),
    );
    return task(
      "write",
      { needs: { read }, retries: 3, consumes: { airports }, produces: { report } },
      async ({ needs, consumes, produces, variables }) => {
        const update = await consumes.airports.latest();
        const names = update === null ? new Map<string, string>() : await readNames(update.uri);
        const late = variables.lateMinutes;
        await write(produces.report.uri, toMarkdown(needs.read, names, late));
        const flown = needs.read.reduce((sum, { flights: n }) => sum + n, 0);
        await produces.report.update({ metadata: { months: needs.read.length, flights: flown } });
        return { uri: produces.report.uri };
      },
    );
  },
);

async function readNames(uri: string): Promise<ReadonlyMap<string, string>> {
  const Airport = z.object({ iata: z.string(), city: z.string().nullable() });
  const rows = await withDuck(async (duck) =>
    duck.rows(`select iata, city from read_csv(${await duck.fetch(uri)})`, Airport),
  );
  return new Map(rows.flatMap(({ iata, city }) => (city === null ? [] : [[iata, city]])));
}

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { PUBLISHED } from "../../examples/flights/src/demo/raw-files.ts";
import { withDuck } from "../../examples/flights/src/duck.ts";

/** What the report must say of one month. */
export interface ExpectedMonth {
  readonly month: string;
  readonly flights: number;
  readonly meanDelay: string;
  readonly latePercent: string;
  readonly strikes: number;
  readonly strikeRate: string;
  readonly costUsd: number;
}

const NO_AIRLINES = new Set(["MILITARY", "BUSINESS", "PRIVATELY OWNED"]);

/** The numbers from the published files, by another way: no lake, no pipelines, plain arithmetic. */
export async function readExpected(): Promise<readonly ExpectedMonth[]> {
  const [delays, strikes] = await Promise.all([readDelays(), readStrikes()]);
  return [...delays]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([month, counted]) => {
      let [flights, minutes, late] = [0, 0, 0];
      for (const { delay, count } of counted) {
        if (delay < -120) continue;
        flights += count;
        minutes += delay * count;
        if (delay > 15) late += count;
      }
      const ofMonth = strikes.filter(({ date }) => date.startsWith(month));
      return {
        month,
        flights,
        meanDelay: (minutes / flights).toFixed(2),
        latePercent: ((late / flights) * 100).toFixed(1),
        strikes: ofMonth.length,
        strikeRate: ((ofMonth.length / flights) * 100_000).toFixed(1),
        costUsd: ofMonth.reduce((total, { costUsd }) => total + costUsd, 0),
      };
    });
}

const DelayCount = z.object({
  month: z.string(),
  delay: z.coerce.number(),
  count: z.coerce.number(),
});

/** How many flights had which delay. Only this much is left to a reader of Parquet. */
async function readDelays(): Promise<Map<string, readonly z.infer<typeof DelayCount>[]>> {
  const sql = `select strftime(date, '%Y-%m') as month, delay, count(*) as count
    from '${PUBLISHED}flights-3m.parquet' group by all`;
  const rows = await withDuck((duck) => duck.rows(sql, DelayCount));
  return Map.groupBy(rows, ({ month }) => month);
}

/** No field of this file is quoted, so a comma is always a comma. */
async function readStrikes(): Promise<readonly { date: string; costUsd: number }[]> {
  const text = await readFile(`${PUBLISHED}birdstrikes.csv`, "utf8");
  const [header = "", ...lines] = text.trimEnd().split(/\r?\n/);
  const place = (name: string): number => header.split(",").indexOf(name);
  const [date, operator, cost] = [
    place("Flight Date"),
    place("Aircraft Airline Operator"),
    place("Cost Total $"),
  ];
  return lines
    .map((line) => line.split(","))
    .filter((cells) => !NO_AIRLINES.has(cells[operator] ?? ""))
    .map((cells) => ({ date: cells[date] ?? "", costUsd: Number(cells[cost]) }));
}

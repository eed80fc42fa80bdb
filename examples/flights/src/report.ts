import type { MonthSummary } from "./month-summary.ts";

/** Bird strikes in 100,000 flights: busy months have more of both. */
export function strikeRate({ strikes, flights }: MonthSummary): number {
  return (strikes / flights) * 100_000;
}

/** The share of flights that were late, in percent. */
export function latePercent({ late, flights }: { late: number; flights: number }): number {
  return (late / flights) * 100;
}

/**
 * The report as Markdown. Equal months give equal text, in whatever order they were made.
 *
 * @param cities - City of an airport by its IATA code; the code stands in for one that is missing.
 */
export function toMarkdown(
  months: readonly MonthSummary[],
  cities: ReadonlyMap<string, string>,
  lateMinutes: number,
): string {
  const sorted = months.toSorted((a, b) => (a.month < b.month ? -1 : 1));
  const total = totalOf(sorted);
  return `# Flights, delays and birds

${whole(total.flights)} flights of US airlines in ${sorted.length} months: ${percent(total)} were more
than ${lateMinutes} minutes late, ${minutes(total)} minutes on average. Their pilots reported
${whole(total.strikes)} bird strikes.

![Late flights and bird strikes by month](chart.svg)

| month | flights | mean delay, min | late | bird strikes | per 100,000 flights | damage, $ |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${[...sorted, total].map(toRow).join("\n")}

## The busiest airports

| airport | city | departures | late |
| --- | --- | ---: | ---: |
${busiest(sorted, 10)
  .map(
    (a) => `| ${a.iata} | ${cities.get(a.iata) ?? a.iata} | ${whole(a.flights)} | ${percent(a)} |`,
  )
  .join("\n")}
`;
}

function toRow(month: MonthSummary): string {
  const { month: name, flights, strikes, costUsd } = month;
  const cells = [name, whole(flights), minutes(month), percent(month), whole(strikes)];
  return `| ${[...cells, strikeRate(month).toFixed(1), whole(costUsd)].join(" | ")} |`;
}

function totalOf(months: readonly MonthSummary[]): MonthSummary {
  const sum = (of: (month: MonthSummary) => number): number =>
    months.reduce((total, month) => total + of(month), 0);
  return {
    month: "all",
    flights: sum(({ flights }) => flights),
    delayMinutes: sum(({ delayMinutes }) => delayMinutes),
    late: sum(({ late }) => late),
    strikes: sum(({ strikes }) => strikes),
    costUsd: sum(({ costUsd }) => costUsd),
    airports: [],
  };
}

function busiest(months: readonly MonthSummary[], count: number): MonthSummary["airports"] {
  const byCode = Map.groupBy(
    months.flatMap(({ airports }) => airports),
    ({ iata }) => iata,
  );
  const totals = [...byCode].map(([iata, each]) => ({
    iata,
    flights: each.reduce((total, { flights }) => total + flights, 0),
    late: each.reduce((total, { late }) => total + late, 0),
  }));
  return totals.toSorted((a, b) => b.flights - a.flights).slice(0, count);
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}

function minutes({ delayMinutes, flights }: MonthSummary): string {
  return (delayMinutes / flights).toFixed(2);
}

function percent(of: { late: number; flights: number }): string {
  return `${latePercent(of).toFixed(1)} %`;
}

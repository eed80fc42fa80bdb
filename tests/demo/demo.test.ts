import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Database, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { describeWithRedis, redisUrl } from "../harness/redis.ts";
import { readExpected } from "./published.ts";
import { type DemoEnd, startDemo } from "./start-demo.ts";

const MINUTES = 60_000;
const WHOLE_MONTHS = ["2001-01", "2001-02", "2001-03", "2001-04", "2001-05", "2001-06"];
const ALL_MONTHS = [...WHOLE_MONTHS, "2001-07"];

let data: string;
let first: DemoEnd;
beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), "demo-test-"));
  first = await startDemo(["--json", "--data", data]);
}, 3 * MINUTES);
afterAll(() => rm(data, { recursive: true, force: true }));

const readReport = (home: string): Promise<string> =>
  readFile(path.join(home, "out/report/report.md"), "utf8");

describe("the demo", () => {
  test("it ends well, and its outputs are there", async () => {
    expect(first.code, first.stderr).toBe(0);
    const { objects, outputs } = first.result();
    expect(objects).toHaveLength(15);
    const contents = await Promise.all(outputs.map((file) => readFile(file)));
    expect(contents.every(({ length }) => length > 0)).toBe(true);
    const made = outputs.map((file) => path.relative(path.join(data, "out"), file));
    expect(made).toEqual([
      ...ALL_MONTHS.map((month) => `clean/flights/${month}.parquet`),
      ...ALL_MONTHS.map((month) => `clean/strikes/${month}.parquet`),
      ...WHOLE_MONTHS.map((month) => `months/${month}.json`),
      "report/chart.svg",
      "report/report.md",
    ]);
  });

  test("every file is cleaned once, every whole month compared once, all successfully", () => {
    const { runs } = first.result();
    const monthsOf = (pipeline: string): readonly string[] =>
      runs
        .filter((run) => run.pipeline === pipeline)
        .map(({ partition }) => partition)
        .toSorted();
    expect(monthsOf("clean-flights")).toEqual(ALL_MONTHS);
    expect(monthsOf("clean-strikes")).toEqual(ALL_MONTHS);
    expect(monthsOf("compare-month"), "a month of six flights is none").toEqual(WHOLE_MONTHS);
    expect(monthsOf("write-report").length).toBeGreaterThan(0);
    expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
  });

  test("a comparison is caused by the flights and the strikes of its month", () => {
    for (const { cause, partition } of first.result().runs.filter(isComparison)) {
      expect(cause.split(" (")[0]?.split(" + ").toSorted()).toEqual([
        `flights ${partition}`,
        `strikes ${partition}`,
      ]);
    }
  });

  test("the report holds the numbers of the published files", async () => {
    const report = await readReport(data);
    const expected = (await readExpected()).filter(({ flights }) => flights > 100_000);
    expect(expected.map(({ month }) => month)).toEqual(WHOLE_MONTHS);
    for (const { month, ...numbers } of expected) {
      const cells = [
        ...[month, english(numbers.flights), numbers.meanDelay, `${numbers.latePercent} %`],
        ...[english(numbers.strikes), numbers.strikeRate, english(numbers.costUsd)],
      ];
      expect(report).toContain(`| ${cells.join(" | ")} |`);
    }
    const flights = expected.reduce((total, month) => total + month.flights, 0);
    expect(report).toContain(`${english(flights)} flights`);
    expect(report, "airports have their cities").toContain("| ORD | Chicago |");
  });

  test("the chart has a bar for each month in each of its two panels", async () => {
    const chart = await readFile(path.join(data, "out/report/chart.svg"), "utf8");
    expect(chart.match(/<rect x=/g)).toHaveLength(2 * WHOLE_MONTHS.length);
    expect(chart).toContain(">15.4</text>");
  });

  test(
    "a second start puts the same objects again, and runs nothing",
    async () => {
      const before = await readReport(data);
      const second = await startDemo(["--json", "--data", data]);
      expect(second.code, second.stderr).toBe(0);
      expect(second.result()).toMatchObject({ updates: [], runs: [] });
      expect(second.result().objects).toEqual(first.result().objects);
      expect(second.result().outputs).toEqual(first.result().outputs);
      expect(await readReport(data)).toBe(before);
    },
    2 * MINUTES,
  );

  test("an unknown option is refused with the usage", async () => {
    const { code, stdout, stderr } = await startDemo(["--sevices"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("--services");
  });
});

describeWithRedis("the demo on Postgres and Redis, with one of two workers killed", () => {
  let drop: () => Promise<void>;
  let database: Database;
  let end: DemoEnd;
  beforeAll(async () => {
    const created = await createDatabase();
    drop = () => created.drop();
    database = openServer({ url: created.url, connectionsMax: 1 });
    end = await startDemo(["--services", "--kill", "--json", "--data", data], {
      MILLRACE_DATABASE_URL: created.url,
      MILLRACE_REDIS_URL: redisUrl(),
    });
  }, 4 * MINUTES);
  afterAll(async () => {
    await database?.close();
    await drop?.();
  });

  test("it ends well, though a worker died with work in hand", async () => {
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain("SIGKILL");
    const lost = await rows<{ count: number }>(
      "select count(*)::int as count from millrace.attempt where outcome <> 'failed'",
    );
    expect(lost[0]?.count, "attempts that the dead worker left").toBeGreaterThan(0);
  });

  test("the outputs are the same as those of one process", async () => {
    const home = path.join(data, "services");
    expect(await readReport(home)).toBe(await readReport(data));
    const named = (end: DemoEnd, root: string): readonly string[] =>
      end.result().outputs.map((file) => path.relative(root, file));
    expect(named(end, home)).toEqual(named(first, data));
  });

  test("no trigger consumed an update twice, and every run has ended", async () => {
    const twice = await rows(`
        select trigger_id, fact_id from millrace.delivery
        where fact_kind = 'update' and run_id is not null
        group by trigger_id, fact_id having count(distinct run_id) > 1`);
    expect(twice).toEqual([]);
    const states = await rows<{ state: string }>("select distinct state from millrace.run");
    expect(states).toEqual([{ state: "succeeded" }]);
  });

  test("each file was recorded once, and each run updated its dataset once", async () => {
    const doubles = await rows(`
        select dataset_id, partition, run_id from millrace.update
        where run_id is not null or source_type = 's3'
        group by dataset_id, partition, run_id having count(*) > 1`);
    expect(doubles).toEqual([]);
    const cleaned = end.result().runs.filter(({ pipeline }) => pipeline.startsWith("clean-"));
    expect(cleaned).toHaveLength(14);
    expect(end.result().runs.filter(isComparison)).toHaveLength(6);
  });

  async function rows<Row>(query: string): Promise<Row[]> {
    return (await sql.raw<Row>(query).execute(database.db)).rows;
  }
});

function isComparison({ pipeline }: { readonly pipeline: string }): boolean {
  return pipeline === "compare-month";
}

function english(value: number): string {
  return value.toLocaleString("en-US");
}

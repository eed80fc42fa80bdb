import type { ExternalCheck } from "@millrace/core";
import { type JsonValue, MillraceError, readSensorCheck } from "@millrace/core/internal";
import { describe, expect, expectTypeOf, test } from "vitest";
import { directory, file, type FileValue } from "./file-check-builder.ts";
import { http } from "./http-check-builder.ts";
import { millrace } from "./millrace-checks.ts";
import { airflow, dagster, github, httpRuns, prefect } from "./run-checks.ts";
import type { ExternalRunValue } from "./run-options.ts";
import { s3Key, s3Prefix } from "./s3-check-builder.ts";
import { sql } from "./sql-check-builder.ts";
import { calendar, timeOfDay, weekday } from "./time-check-builder.ts";

const mapping = { path: "/jobs/{job}", id: "/id", state: "/status" };
const words = { allowedStates: ["done"] };

describe("what a builder makes is what a sensor takes", () => {
  test.each<[string, string, ExternalCheck]>([
    ["airflow-v2", "etl", airflow("etl").run("dag")],
    ["airflow-v1", "etl", airflow("etl", { api: "v1" }).run("dag", { tasks: ["load"] })],
    ["dagster", "ml", dagster("ml").run("train", { match: "partition" })],
    ["dagster-asset", "ml", dagster("ml").asset("a/b", { since: "1h" })],
    ["prefect", "lab", prefect("lab").run("nightly", { match: { window: "6h" } })],
    ["github", "ci", github("ci").run("acme/shop/release.yml", { match: "latest" })],
    ["http-json", "erp", httpRuns("erp", mapping).run("close", { match: "latest", ...words })],
    ["millrace", "plant", millrace("plant").run("orders", { match: { partition: "2026-02-03" } })],
    ["millrace", "plant", millrace("plant").task("ops/orders", "clean", { match: "latest" })],
    ["http", "https://a.example", http({ url: "https://a.example/b?c" })],
    ["http", "erp", http({ connection: "erp", url: "/health", until: { "/ok": true } })],
    ["sql", "shop", sql("shop", { text: "select 1", until: { after: 7 } })],
    ["s3", "lake", s3Key({ bucket: "lake", key: "a/_SUCCESS" })],
    ["s3", "lake of minio", s3Prefix({ bucket: "lake", prefix: "a/", connection: "minio" })],
    ["file", "the file system", file("/drop/a", { quiet: "1m" })],
    ["file", "the file system", directory("/drop", { entriesMin: 2 })],
    ["time", "UTC", timeOfDay("06:30")],
    ["time", "Europe/Berlin", weekday(["monday", "sunday"], { timezone: "Europe/Berlin" })],
    ["time", "UTC", calendar({ holidays: ["2026-12-25"] })],
  ])("%s at %s", (kind, target, check) => {
    expect(check).toMatchObject({ kind, target });
    expect(readSensorCheck(check)).toEqual({ ok: true, check });
  });
});

test("what is given is stored as it is asked later", () => {
  const matches = [
    [airflow("c").run("d"), { by: "logicalDate", offsetsMs: [0] }],
    [
      airflow("c").run("d", { match: { logicalDateOffset: "-1d" } }),
      { by: "logicalDate", offsetsMs: [-86_400_000] },
    ],
    [
      airflow("c").runs("d", { match: { logicalDates: ["1970-01-01T01:00:00+01:00"] } }),
      { by: "logicalDates", dates: [0] },
    ],
    [airflow("c").run("d", { match: { window: "1m" } }), { by: "window", earlierMs: 60_000 }],
  ] as const;
  for (const [check, match] of matches) expect(check).toMatchObject({ ask: { match } });
  expect(millrace("c").run("orders", { match: { runId: "12" } })).toMatchObject({
    ask: { job: "default/orders", match: { by: "runId", ids: ["run_12"] }, tasks: [] },
  });
  const partition = { region: "eu", day: "2026-02-03" };
  expect(millrace("c").task("ops/orders", "clean", { match: { partition } })).toMatchObject({
    ask: {
      job: "ops/orders",
      match: { by: "partition", partition: '{"day":"2026-02-03","region":"eu"}' },
      tasks: ["clean"],
    },
  });
  const policies = { onMissing: "skip", onFailed: { then: "fail", grace: "10m" } } as const;
  expect(sql("c", { text: "select 1", ...policies })).toMatchObject({
    ask: { until: { type: "rows", atLeast: 1 } },
    policies: {
      onMissing: { then: "skip", graceMs: 0 },
      onFailed: { then: "fail", graceMs: 600_000 },
    },
  });
  const newest = { text: "select max(id) from files" };
  const moving = sql("c", { ...newest, until: { moves: true, from: 7 } });
  expect(moving).toMatchObject({
    ask: { until: { type: "remembered", from: 7 } },
    memory: expect.stringMatching(/^sha256:[0-9a-f]{32}$/),
  });
  const ofOther = sql("c", { ...newest, values: [1], until: { moves: true } });
  expect(ofOther.memory).not.toBe(moving.memory);
  expect(sql("c", { ...newest, until: { moves: "files" } })).toMatchObject({ memory: "files" });
  expect(weekday("sunday")).toMatchObject({ ask: { time: "00:00", days: { weekdays: [7] } } });
});

test("the type of a check is what it gives", () => {
  expectTypeOf(airflow("c").run("d")).toEqualTypeOf<ExternalCheck<ExternalRunValue>>();
  expectTypeOf(file("/a")).toEqualTypeOf<ExternalCheck<FileValue>>();
  const several = github("c").runs("a/b/c.yml", { match: { runIds: ["1"] } });
  expectTypeOf(several).toEqualTypeOf<ExternalCheck<readonly ExternalRunValue[]>>();
  const move = sql("c", { text: "select 1", until: { moves: true } });
  expectTypeOf(move).toEqualTypeOf<
    ExternalCheck<{ readonly from: JsonValue; readonly to: JsonValue }>
  >();
  expectTypeOf(sql("c", { text: "select 1" })).toEqualTypeOf<
    ExternalCheck<{ readonly rows: number }>
  >();
});

describe("refused is", () => {
  // oxlint-disable-next-line typescript/no-explicit-any -- the point is to get past the compiler
  const odd = (value: unknown): any => value;
  test.each<[string, () => unknown, string]>([
    ["a connection's name", () => airflow("Etl").run("d"), '"Etl" is no name of a connection'],
    ["a name like a variable", () => prefect("a-token").run("d"), "leave that out"],
    ["a job of no name", () => airflow("c").run(".."), '".." is no name of a job'],
    ["an unknown match", () => airflow("c").run("d", { match: odd("newest") }), 'write "latest"'],
    [
      "a date without a zone",
      () => airflow("c").run("d", { match: { logicalDate: "2026-02-03" } }),
      '"2026-02-03" is no instant',
    ],
    [
      "an offset",
      () => airflow("c").run("d", { match: { logicalDateOffset: "yesterday" } }),
      'The offset "yesterday" is no duration',
    ],
    ["no run", () => airflow("c").runs("d", { match: { runIds: [] } }), "name 1 to 100"],
    ["tasks elsewhere", () => prefect("c").run("d", odd({ tasks: ["t"] })), "wait for the run"],
    ["no workflow", () => github("c").run("release.yml"), "write owner/repository/workflow.yml"],
    ["a deep name", () => millrace("c").run("a/b/c"), "write its name, or namespace/name"],
    ["an odd run", () => millrace("c").run("p", { match: { runId: "x" } }), 'one like "run_12"'],
    ["a NUL", () => millrace("c").task("p", "t\0"), "holds a NUL"],
    ["no allowed states", () => httpRuns("c", mapping).run("d"), "names its allowed states"],
    ["a policy", () => airflow("c").run("d", { onMissing: odd("retry") }), "Its onMissing is not"],
    ["a grace", () => file("/a", { onMissing: odd({ then: "fail" }) }), "Its onMissing is not"],
    ["no URL", () => http({ url: "/health" }), '"/health" is no URL of http or https'],
    ["credentials", () => http({ url: "https://a:b@c.example" }), "give them to a connection"],
    ["a whole URL behind one", () => http({ connection: "c", url: "https://a" }), "/health"],
    [
      "a pointer",
      () => http({ url: "https://a.example", until: { a: 1 } }),
      'The pointer "a" must',
    ],
    [
      "an operator",
      () => http({ url: "https://a.example", until: { "/a": odd({ above: 1 }) } }),
      "one of { eq, ne, gt",
    ],
    [
      "a look into no body",
      () => http({ url: "https://a.example", method: "HEAD", until: { "/a": 1 } }),
      "write GET",
    ],
    ["no query", () => sql("c", { text: " " }), "no query"],
    ["a memory of no name", () => sql("c", { text: "a", until: { moves: "A b" } }), "neither true"],
    ["no rows", () => sql("c", { text: "select 1", until: { rows: 0 } }), "from 1 to 10,000"],
    ["a bucket", () => s3Key({ bucket: "", key: "a" }), "no name of a bucket"],
    ["an empty key", () => s3Key({ bucket: "lake", key: "" }), "Its key is empty"],
    ["an age", () => s3Prefix({ bucket: "lake", prefix: "", since: "today" }), "is no duration"],
    ["a relative path", () => file("drop/a"), '"drop/a" is no absolute path'],
    ["a time", () => timeOfDay("6:30"), 'write HH:MM, like "06:30"'],
    ["a weekday", () => weekday(odd("Mon")), "write one of monday"],
    ["a calendar without days", () => calendar({ weekdays: [] }), "No day is among its days"],
  ])("%s", (_what, build, problem) => {
    let problems = "";
    try {
      build();
    } catch (error) {
      if (!MillraceError.is(error, "DEFINITION_INVALID")) throw error;
      problems = error.data.problems.join("\n");
    }
    expect(problems).toContain(problem);
  });
});

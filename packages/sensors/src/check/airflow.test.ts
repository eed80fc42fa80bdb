import type { JsonValue } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { airflowV1, airflowV2 } from "./airflow.ts";
import { askRuns } from "./ask-runs.ts";
import type { RunCheck } from "./run-check.ts";
import type { RunMatch } from "./run-match.ts";
import type { SystemRequest } from "./run-system.ts";

const DAY = Date.UTC(2026, 1, 3);
const at = DAY + 86_400_000;
const baseUrl = "https://airflow.example";
const latest: RunMatch = { by: "latest" };

function check(match: RunMatch, more: Partial<RunCheck> = {}): RunCheck {
  return {
    target: { system: "airflow-v2", baseUrl, connection: "airflow" },
    job: "build_delays",
    match,
    tasks: [],
    mode: "all",
    allowedStates: null,
    failedStates: null,
    mapping: null,
    ...more,
  };
}

/**
 * The form of `DAGRunResponse`.
 *
 * @see https://github.com/apache/airflow/blob/main/airflow-core/src/airflow/api_fastapi/core_api/datamodels/dag_run.py
 */
function dagRun(more: Record<string, JsonValue> = {}): JsonValue {
  return {
    dag_run_id: "scheduled__2026-02-03T00:00:00+00:00",
    dag_id: "build_delays",
    logical_date: "2026-02-03T00:00:00Z",
    queued_at: "2026-02-04T00:00:01.102938Z",
    start_date: "2026-02-04T00:00:02.000001Z",
    end_date: "2026-02-04T00:01:02.000001Z",
    duration: 60,
    data_interval_start: "2026-02-03T00:00:00Z",
    data_interval_end: "2026-02-04T00:00:00Z",
    run_after: "2026-02-04T00:00:00Z",
    last_scheduling_decision: null,
    run_type: "scheduled",
    state: "success",
    triggered_by: "timetable",
    triggering_user_name: null,
    conf: {},
    note: null,
    dag_versions: [],
    bundle_version: null,
    dag_display_name: "build_delays",
    ...more,
  };
}

function page(...runs: JsonValue[]): JsonValue {
  return { dag_runs: runs, total_entries: runs.length };
}

/** Asks a system that gives these answers, one after the other. */
async function ask(checks: readonly RunCheck[], ...answers: (JsonValue | number)[]) {
  const asked: SystemRequest[] = [];
  const observations = await askRuns(checks, {
    now: () => at,
    ask: (request) => {
      asked.push(request);
      const value = answers.shift() ?? null;
      if (typeof value !== "number") return Promise.resolve({ ok: true, value });
      const message = `airflow.example answers with status ${value}`;
      const failure = { type: "status", status: value, message, retryAfter: null } as const;
      return Promise.resolve({ ok: false, failure });
    },
  });
  return { asked, observations };
}

describe("asking", () => {
  test("checks of close dates of any DAGs are one request", async () => {
    const checks = Array.from({ length: 1_000 }, (_each, index) =>
      check({ by: "dates", dates: [DAY + (index % 24) * 3_600_000] }, { job: `dag_${index % 7}` }),
    );
    const { asked, observations } = await ask(checks, page());
    expect(asked).toEqual([
      {
        method: "POST",
        path: "/api/v2/dags/~/dagRuns/list",
        body: {
          dag_ids: ["dag_0", "dag_3", "dag_6", "dag_2", "dag_5", "dag_1", "dag_4"],
          logical_date_gte: "2026-02-03T00:00:00.000Z",
          logical_date_lte: "2026-02-03T23:00:00.001Z",
          order_by: "-logical_date",
          page_offset: 0,
          page_limit: 100,
        },
      },
    ]);
    expect(observations).toHaveLength(1_000);
  });

  test("dates that lie far apart are listed apart", () => {
    const far = check({ by: "dates", dates: [DAY, DAY - 365 * 86_400_000] });
    expect(airflowV2.plan([far])).toHaveLength(2);
  });

  test("an id, a window and the latest each ask for no more than they mean", () => {
    const checks = [
      check({ by: "ids", ids: ["manual__a/b"] }),
      check({ by: "ids", ids: ["manual__a/b"] }),
      check({ by: "window", from: DAY }),
      check(latest),
      check(latest),
    ];
    const paths = airflowV2.plan(checks).map(({ request }) => request.path);
    expect(paths).toEqual([
      "/api/v2/dags/build_delays/dagRuns/manual__a%2Fb",
      "/api/v2/dags/~/dagRuns/list",
      "/api/v2/dags/build_delays/dagRuns?order_by=-run_after&limit=100",
    ]);
  });

  test("version 1 has its own names for the same", () => {
    const [dates] = airflowV1.plan([check({ by: "dates", dates: [DAY] })]);
    expect(dates?.request).toMatchObject({
      path: "/api/v1/dags/~/dagRuns/list",
      body: { execution_date_gte: "2026-02-03T00:00:00.000Z", order_by: "-execution_date" },
    });
  });

  test("pages are read on until all entries are there", async () => {
    const first = { dag_runs: [dagRun({ logical_date: null })], total_entries: 2 };
    const second = { dag_runs: [dagRun()], total_entries: 2 };
    const { asked, observations } = await ask(
      [check({ by: "dates", dates: [DAY] })],
      first,
      second,
    );
    expect(asked[1]?.body).toMatchObject({ page_offset: 1 });
    expect(observations[0]?.type).toBe("succeeded");
  });
});

const dates: RunMatch = { by: "dates", dates: [DAY] };

test.each([
  ["success", "succeeded"],
  ["failed", "failed"],
  ["running", "running"],
  ["queued", "running"],
  ["a state of a later version", "running"],
])("a run that is %s is %s", async (state, type) => {
  const { observations } = await ask([check(dates)], page(dagRun({ state })));
  expect(observations[0]).toMatchObject({
    type,
    at,
    url: `${baseUrl}/dags/build_delays/runs/scheduled__2026-02-03T00%3A00%3A00%2B00%3A00`,
  });
});

test("a run that succeeded tells which it was", async () => {
  const { observations } = await ask([check(dates)], page(dagRun()));
  expect(observations[0]).toMatchObject({
    value: { job: "build_delays", state: "success", logicalDate: "2026-02-03T00:00:00.000Z" },
  });
});

test("states are the user's to choose", async () => {
  const chosen = { allowedStates: ["failed", "success"], failedStates: ["running"] };
  const is = async (state: string) =>
    (await ask([check(dates, chosen)], page(dagRun({ state })))).observations[0]?.type;
  expect([await is("failed"), await is("running"), await is("queued")]).toEqual([
    "succeeded",
    "failed",
    "running",
  ]);
});

test.each([
  ["no run", page(), "missing"],
  ["a run of another day", page(dagRun({ logical_date: "2026-02-02T00:00:00Z" })), "missing"],
  ["a run of another DAG", page(dagRun({ dag_id: "other" })), "missing"],
  ["no DAG", 404, "missing"],
  ["no permission", 403, "unreachable"],
  ["no server behind the proxy", 502, "unreachable"],
  ["another document", { detail: "hello" }, "unreachable"],
  ["a list of something else", { dag_runs: [{ id: 1 }] }, "unreachable"],
  ["a page of many, without an end", { dag_runs: [], total_entries: 5 }, "unreachable"],
] as const)("%s is %s", async (_what, answer, type) => {
  const { observations } = await ask([check(dates)], answer as JsonValue);
  expect(observations[0]?.type).toBe(type);
});

test.each([
  ["airflow-v2", "airflow-v1", "/api/v2/version"],
  ["airflow-v1", "airflow-v2", "/api/v1/version"],
] as const)("what is not found where no %s is, is not missing", async (system, other, path) => {
  const target = { system, baseUrl, connection: "airflow" };
  const checks = [check(latest, { target }), check({ by: "ids", ids: ["r"] }, { target })];
  const { asked, observations } = await ask(checks, 404, 404, 404);
  expect(asked.filter((request) => request.path === path)).toHaveLength(1);
  const said = expect.stringContaining(`{ api: "${other.slice(-2)}" }`);
  expect(observations).toMatchObject([
    { type: "unreachable", said },
    { type: "unreachable", said },
  ]);
});

test("the run asked for by its id comes by itself", async () => {
  const one = check({ by: "ids", ids: ["r"] });
  const { observations } = await ask([one], dagRun({ dag_run_id: "r" }));
  expect(observations[0]?.type).toBe("succeeded");
  expect((await ask([one], 404)).observations[0]?.type).toBe("missing");
});

test("of two runs the newer counts, also when it is the one that failed", async () => {
  const newer = dagRun({ dag_run_id: "b", state: "failed", run_after: "2026-02-05T00:00:00Z" });
  const { observations } = await ask([check(latest)], page(dagRun(), newer));
  expect(observations[0]?.type).toBe("failed");
});

test("of Airflow 2, what has not started yet is newer than what has", async () => {
  const target = { system: "airflow-v1", baseUrl, connection: "airflow" } as const;
  const old = { execution_date: "2026-02-02T00:00:00Z", run_after: null, logical_date: null };
  const run = (more: Record<string, JsonValue>): JsonValue => dagRun({ ...old, ...more });
  const ended = run({ start_date: "2026-02-03T00:00:01Z" });
  const queued = run({
    dag_run_id: "queued",
    state: "queued",
    execution_date: "2026-02-03T00:00:00Z",
    data_interval_end: "2026-02-04T00:00:00Z",
    start_date: null,
  });
  const made = { data_interval_end: "2026-02-01T00:00:00Z", start_date: null, state: "queued" };
  const manual = run({ ...made, execution_date: "2026-02-03T12:00:00Z" });
  for (const newer of [queued, manual]) {
    const { observations } = await ask([check(latest, { target })], page(ended, newer));
    expect(observations[0]?.type).toBe("running");
  }
});

test("a window leaves out what was there before", async () => {
  const since = check({ by: "window", from: Date.UTC(2026, 1, 5) });
  expect((await ask([since], page(dagRun()))).observations[0]?.type).toBe("missing");
  const run = dagRun({ run_after: "2026-02-05T00:00:00.000001Z" });
  expect((await ask([since], page(run))).observations[0]?.type).toBe("succeeded");
});

test.each([{ partition_key: "eu" }, { conf: { partition: "eu" } }])(
  "a partition is found in %j",
  async (where) => {
    const eu = check({ by: "partition", partition: "eu" });
    const { observations } = await ask([eu], page(dagRun({ dag_run_id: "other" }), dagRun(where)));
    expect(observations[0]?.type).toBe("succeeded");
    expect((await ask([eu], page(dagRun()))).observations[0]?.type).toBe("missing");
  },
);

describe("several runs", () => {
  const two: RunMatch = { by: "dates", dates: [DAY, DAY - 86_400_000] };
  const before = { logical_date: "2026-02-02T00:00:00Z", dag_run_id: "before" };
  test.each([
    ["all", "success", "success", "succeeded"],
    ["all", "success", "running", "running"],
    ["all", "running", "failed", "failed"],
    ["all", "success", null, "missing"],
    ["any", "failed", "success", "succeeded"],
    ["any", "failed", "running", "running"],
    ["any", "failed", null, "missing"],
    ["any", "failed", "failed", "failed"],
  ] as const)("%s of %s and %s: %s", async (mode, first, second, type) => {
    const runs = [dagRun({ state: first })];
    if (second !== null) runs.push(dagRun({ ...before, state: second }));
    // One listing for both: they lie a day apart.
    const { observations } = await ask([check(two, { mode })], page(...runs));
    expect(observations[0]?.type).toBe(type);
  });
});

describe("tasks", () => {
  const load = check(dates, { tasks: ["load"] });
  const tasks = (...states: (string | null)[]): JsonValue => ({
    task_instances: states.map((state, map_index) => ({ task_id: "load", state, map_index })),
    total_entries: states.length,
  });

  test.each([
    [["success"], "succeeded"],
    [["upstream_failed"], "failed"],
    [["skipped"], "failed"],
    [["up_for_retry"], "running"],
    [[null], "running"],
    [["success", "running"], "running"],
    [["success", "success"], "succeeded"],
    [[], "missing"],
  ] as const)("a task that is %j is %s, whatever the run is", async (states, type) => {
    const { asked, observations } = await ask(
      [load],
      page(dagRun({ state: "running" })),
      tasks(...states),
    );
    expect(observations[0]?.type).toBe(type);
    expect(asked[1]?.path).toContain("/taskInstances?limit=100&offset=0");
  });

  test.each([
    ["a task", -1, "tasks/load"],
    ["an item of a mapped task", 2, "tasks/load/mapped/2"],
  ])("%s that failed is shown on its own page", async (_what, map_index, below) => {
    const failed = { task_instances: [{ task_id: "load", state: "failed", map_index }] };
    const { observations } = await ask([load], page(dagRun({ dag_run_id: "a/b" })), failed);
    expect(observations[0]?.url).toBe(`${baseUrl}/dags/build_delays/runs/a%2Fb/${below}`);
  });

  test("those on the second page count", async () => {
    const second = { task_instances: [{ task_id: "load", state: "failed" }], total_entries: 2 };
    const first = { task_instances: [{ task_id: "load", state: "success" }], total_entries: 2 };
    const { observations } = await ask([load], page(dagRun()), first, second);
    expect(observations[0]?.type).toBe("failed");
  });

  test("a run's tasks are listed once for all who wait for one of them", async () => {
    const other = check(dates, { tasks: ["store"] });
    const { asked } = await ask([load, other], page(dagRun()), tasks("success"));
    expect(asked).toHaveLength(2);
  });

  test("tasks that cannot be listed are unreachable", async () => {
    const { observations } = await ask([load], page(dagRun()), 500);
    expect(observations[0]?.type).toBe("unreachable");
  });
});

test.each(["..", "a/../b", "~", ""])("the job %j is not asked for", async (job) => {
  const { asked, observations } = await ask(
    [check(latest, { job }), check(latest)],
    page(dagRun()),
  );
  expect(asked).toHaveLength(1);
  expect(observations.map(({ type }) => type)).toEqual(["failed", "succeeded"]);
});

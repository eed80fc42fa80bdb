import type { JsonValue } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { askRuns } from "./ask-runs.ts";
import type { JsonRunMapping, RunCheck, RunSystemName } from "./run-check.ts";
import { runCheckProblem } from "./run-check-problem.ts";
import type { RunMatch } from "./run-match.ts";
import type { SystemRequest } from "./run-system.ts";

const NOON = Date.UTC(2026, 1, 3, 12);
const latest: RunMatch = { by: "latest" };

function check(system: RunSystemName, match: RunMatch, more: Partial<RunCheck> = {}): RunCheck {
  const states = { allowedStates: null, failedStates: null };
  const target = { system, baseUrl: "https://other.example/api", connection: null };
  return { target, job: "build", match, tasks: [], mode: "all", mapping: null, ...states, ...more };
}

async function ask(checks: readonly RunCheck[], value: JsonValue) {
  const asked: SystemRequest[] = [];
  const observations = await askRuns(checks, {
    now: () => NOON,
    ask: (request) => {
      asked.push(request);
      return Promise.resolve({ ok: true, value });
    },
  });
  return { asked, observations, types: observations.map(({ type }) => type) };
}

describe("Dagster", () => {
  /** @see https://docs.dagster.io/api/graphql The fields that the query names. */
  const run = (more: Record<string, JsonValue> = {}): JsonValue => ({
    runId: "756f1978-4902-499d-9ec4-a145c7d66aee",
    jobName: "build",
    status: "SUCCESS",
    creationTime: NOON / 1_000,
    tags: [
      { key: "dagster/partition", value: "2026-02-02" },
      { key: "dagster/scheduled_execution_time", value: "2026-02-03T00:00:00+00:00" },
    ],
    ...more,
  });
  const runs = (...results: JsonValue[]): JsonValue => ({ __typename: "Runs", results });

  test("all checks of a target are one document", async () => {
    const checks = [
      check("dagster", { by: "ids", ids: ["a", "b"] }),
      check("dagster", { by: "ids", ids: ["b"] }),
      check("dagster", latest),
      check("dagster", { by: "partition", partition: "2026-02-02" }),
      check("dagster", { by: "window", from: NOON }, { job: "other" }),
    ];
    const { asked, types } = await ask(checks, { data: { q0: runs(run({ runId: "b" })) } });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body).toMatchObject({
      query: expect.stringMatching(/^query MillraceRuns\(\$f0: RunsFilter, .*q3: runsOrError/),
      variables: {
        f0: { runIds: ["a", "b"] },
        f1: { pipelineName: "build" },
        f2: { pipelineName: "build", tags: [{ key: "dagster/partition", value: "2026-02-02" }] },
        f3: { pipelineName: "other", createdAfter: NOON / 1_000 },
      },
    });
    expect(types).toEqual(["missing", "succeeded", "succeeded", "succeeded", "missing"]);
  });

  test.each([
    ["SUCCESS", "succeeded"],
    ["FAILURE", "failed"],
    ["CANCELED", "failed"],
    ["STARTED", "running"],
    ["CANCELING", "running"],
  ])("%s is %s", async (status, type) => {
    const dates: RunMatch = { by: "dates", dates: [Date.UTC(2026, 1, 3)] };
    const { types } = await ask([check("dagster", dates)], { data: { q0: runs(run({ status })) } });
    expect(types).toEqual([type]);
  });

  test.each([
    { data: { q0: { __typename: "PythonError", message: "broken" } } },
    { errors: [{ message: "no such field" }], data: null },
    [],
  ])("%j is unreachable", async (answer) => {
    expect((await ask([check("dagster", latest)], answer as JsonValue)).types).toEqual([
      "unreachable",
    ]);
  });

  test("what is not among the newest hundred may still be there", async () => {
    const many = Array.from({ length: 100 }, (_each, index) =>
      run({ runId: `r${index}`, tags: [] }),
    );
    const dates: RunMatch = { by: "dates", dates: [NOON] };
    const answer = { data: { q0: runs(...many) } };
    const { types } = await ask([check("dagster", dates), check("dagster", latest)], answer);
    expect(types).toEqual(["unreachable", "succeeded"]);
  });
});

describe("Prefect", () => {
  /** @see https://docs.prefect.io/v3/api-ref/rest-api/server/flow-runs/paginate-flow-runs */
  const run = (more: Record<string, JsonValue> = {}): JsonValue => ({
    id: "3c90c3cc-0d44-4b50-8888-8dd25736052a",
    name: "adept-lynx",
    flow_id: "9a9c7c7c-0d44-4b50-8888-8dd25736052a",
    state_type: "COMPLETED",
    state_name: "Completed",
    expected_start_time: "2026-02-03T12:00:00.000000+00:00",
    start_time: "2026-02-03T12:00:01.123456+00:00",
    tags: ["eu"],
    ...more,
  });

  test.each([
    ["COMPLETED", "succeeded"],
    ["CRASHED", "failed"],
    ["CANCELLED", "failed"],
    ["PAUSED", "running"],
    ["SCHEDULED", "running"],
  ])("%s is %s, with the page that shows it", async (state_type, type) => {
    const checks = [check("prefect", { by: "dates", dates: [NOON] })];
    const { observations } = await ask(checks, [run({ state_type })]);
    const url = "https://other.example/runs/flow-run/3c90c3cc-0d44-4b50-8888-8dd25736052a";
    expect(observations).toMatchObject([{ type, url }]);
  });

  test("checks of one flow and kind are one request", async () => {
    const { asked, types } = await ask(
      [
        check("prefect", { by: "window", from: NOON }),
        check("prefect", { by: "window", from: NOON - 60_000 }),
        check("prefect", { by: "partition", partition: "eu" }),
      ],
      [run()],
    );
    expect(asked.map(({ body }) => body)).toMatchObject([
      {
        flows: { name: { any_: ["build"] } },
        flow_runs: { expected_start_time: { after_: "2026-02-03T11:59:00.000Z" } },
      },
      { flow_runs: { tags: { all_: ["eu"] } } },
    ]);
    expect(types).toEqual(["succeeded", "succeeded", "succeeded"]);
  });

  test("an answer that is no list is unreachable", async () => {
    expect((await ask([check("prefect", latest)], { detail: "no" })).types).toEqual([
      "unreachable",
    ]);
  });
});

describe("GitHub Actions", () => {
  const job = "octo/hello/build.yml";
  /** @see https://docs.github.com/en/rest/actions/workflow-runs */
  const run = (more: Record<string, JsonValue> = {}): JsonValue => ({
    id: 30433642,
    name: "Build",
    head_branch: "main",
    status: "completed",
    conclusion: "success",
    html_url: "https://github.com/octo/hello/actions/runs/30433642",
    created_at: "2026-02-03T12:00:00Z",
    run_started_at: "2026-02-03T12:00:01Z",
    ...more,
  });

  test.each([
    ["completed", "success", "succeeded"],
    ["completed", "failure", "failed"],
    ["completed", "timed_out", "failed"],
    ["in_progress", null, "running"],
    ["queued", null, "running"],
  ])("%s with %s is %s", async (status, conclusion, type) => {
    const checks = [check("github", latest, { job })];
    const answer = { total_count: 1, workflow_runs: [run({ status, conclusion })] };
    expect((await ask(checks, answer)).types).toEqual([type]);
  });

  test("a run by its id, a branch and a window each have their request", async () => {
    const checks = [
      check("github", { by: "ids", ids: ["30433642"] }, { job }),
      check("github", { by: "partition", partition: "main" }, { job }),
      check("github", { by: "window", from: NOON }, { job }),
    ];
    const { asked, types } = await ask(checks, run());
    expect(asked.map(({ path }) => path)).toEqual([
      "/repos/octo/hello/actions/runs/30433642",
      "/repos/octo/hello/actions/workflows/build.yml/runs?per_page=100&branch=main",
      "/repos/octo/hello/actions/workflows/build.yml/runs?per_page=100&created=%3E%3D2026-02-03T12%3A00%3A00Z",
    ]);
    expect(types).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

describe("any JSON", () => {
  const mapping: JsonRunMapping = {
    method: "GET",
    path: "/jobs/{job}/runs",
    body: null,
    list: "/data/items",
    id: "/id",
    state: "/status/code",
    url: "/links/self",
    logicalDate: "/for",
    startedAt: null,
    partition: null,
  };
  const more = { mapping, job: "a b", allowedStates: ["0"], failedStates: ["1"] };
  const item = (code: JsonValue): JsonValue => ({
    id: 7,
    status: { code },
    links: { self: "https://other.example/7" },
    for: "2026-02-03",
  });
  const dates: RunMatch = { by: "dates", dates: [Date.UTC(2026, 1, 3)] };

  test.each([
    [0, "succeeded"],
    [1, "failed"],
    [2, "running"],
  ])("state %j is %s", async (code, type) => {
    const { asked, observations } = await ask([check("http-json", dates, more)], {
      data: { items: [item(code)] },
    });
    expect(asked.map(({ path }) => path)).toEqual(["/jobs/a%20b/runs"]);
    expect(observations).toMatchObject([{ type, url: "https://other.example/7" }]);
  });

  test.each([{ data: {} }, { data: { items: [{}] } }, null])(
    "%j is unreachable",
    async (answer) => {
      expect((await ask([check("http-json", dates, more)], answer)).types).toEqual(["unreachable"]);
    },
  );

  test("a document that is one run needs no list", async () => {
    const one = { ...more, mapping: { ...mapping, list: null } };
    expect((await ask([check("http-json", latest, one)], item(0))).types).toEqual(["succeeded"]);
  });

  test.each([
    [{ ...more, mapping: null }, /needs a mapping/],
    [{ ...more, allowedStates: [] }, /names its allowed states/],
    [{ ...more, mapping: { ...mapping, state: "status" } }, /pointer to state .* must begin with/],
    [{ ...more, mapping: { ...mapping, path: "jobs" } }, /begins with a slash/],
    [{ ...more, tasks: ["a"] }, /cannot be waited for/],
    [{ ...more, target: { system: "github", baseUrl: "ftp://x", connection: null } }, /base URL/],
  ] as const)("a check that cannot be asked says why", (wrong, problem) => {
    expect(runCheckProblem(check("http-json", latest, wrong))).toMatch(problem);
  });
});

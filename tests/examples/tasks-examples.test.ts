/** The examples of docs/examples, played in virtual time with their own handlers. */
import { testPipeline, type TestProject, testProject, type TestRun } from "@millrace/testing";
import { beforeAll, describe, expect, test } from "vitest";
import * as etlToReport from "../../examples/tasks/src/etl-to-report.ts";
import * as failureAlert from "../../examples/tasks/src/failure-alert.ts";
import { countWords } from "../../examples/tasks/src/files.ts";
import { extractAll } from "../../examples/tasks/src/parallel-extracts.ts";
import { release } from "../../examples/tasks/src/release.ts";
import * as desk from "../../examples/tasks/src/support-desk.ts";
import { signed, trial } from "../../examples/tasks/src/trial.ts";

const NO = { verdict: "rejected", comment: "not on a Friday" } as const;

/** The first database of a process takes some seconds to open, and longer on a busy machine. */
beforeAll(async () => {
  await (await testProject([])).close();
}, 120_000);

test("three extracts take as long as the slowest of them, not as long as their sum", async () => {
  const { state, result } = await testPipeline(extractAll);
  expect(state).toBe("succeeded");
  expect(result?.rows).toBe(1_625);
  const { makespanMs = 0, sequentialMs = 0 } = result ?? {};
  expect(makespanMs).toBeGreaterThanOrEqual(900);
  expect(makespanMs, "they overlap").toBeLessThan(sequentialMs);
});

test("an extract that fails takes the others with it, and the join does not run", async () => {
  const { state, tasks } = await testPipeline(extractAll, {
    stubs: {
      prices: () => {
        throw new Error("no prices today");
      },
    },
  });
  expect(state).toBe("failed");
  expect(tasks["prices"]).toMatchObject({ state: "failed" });
  expect(tasks["join"]).toMatchObject({ state: "upstream_failed" });
});

describe("etl to report", () => {
  const { etl, analytics, reporting } = etlToReport;

  test("one load leads through analytics to a report, in one story", async () => {
    await using project = await testProject([etl, analytics, reporting]);
    const loaded = await project.run(etl);
    const runs = await project.runs();
    expect(runs.map(({ pipeline, trigger }) => `${pipeline}: ${trigger}`)).toEqual([
      "etl: manual",
      "analytics: sales",
      "reporting: totals",
    ]);
    expect(runs.at(-1)?.result).toEqual(["harbour: 15.60 €", "station: 7.20 €"]);
    expect(new Set(runs.map(({ correlationId }) => correlationId))).toEqual(new Set([loaded.id]));
  });

  test("a load that brought nothing starts nothing", async () => {
    const stubs = { etl: { extract: [] } };
    await using project = await testProject([etl, analytics, reporting], { stubs });
    await project.run(etl);
    expect((await project.runs()).map(({ pipeline }) => pipeline)).toEqual(["etl"]);
  });
});

describe("files", () => {
  test("every page is counted once, and the sum is that of all", async () => {
    const { state, result, tasks } = await testPipeline(countWords, {
      params: { folder: "docs/adr" },
    });
    expect(state).toBe("succeeded");
    const counts = tasks["count"]?.output as { readonly page: string; readonly words: number }[];
    expect(counts.length).toBeGreaterThanOrEqual(3);
    expect(result).toEqual({
      pages: counts.length,
      words: counts.reduce((sum, { words }) => sum + words, 0),
    });
  });

  test("a folder without pages is nothing to do, and no failure", async () => {
    const { state, tasks } = await testPipeline(countWords, { params: { folder: "tools" } });
    expect(state).toBe("succeeded");
    expect(tasks).toMatchObject({
      list: { state: "skipped" },
      count: { state: "skipped" },
      consolidate: { state: "skipped" },
    });
  });
});

describe("the release", () => {
  test("waits for a yes, and holds nothing meanwhile", async () => {
    await using project = await testProject([release]);
    const asked = await project.begin(release, { params: { version: "2.1.0" } });
    expect(asked).toMatchObject({ state: "running", tasks: { approve: { state: "waiting" } } });
    await project.answer(asked, "approve", { verdict: "approved", by: "maria" });
    const { state, result } = await project.look(asked);
    expect({ state, result }).toEqual({
      state: "succeeded",
      result: { version: "2.1.0", approvedBy: "maria" },
    });
  });

  test.each([
    ["a no", (project: TestProject, run: TestRun) => project.answer(run, "approve", NO)],
    ["a day without an answer", (project: TestProject) => project.advance("1d")],
  ])("%s leaves it on staging", async (_, happens) => {
    await using project = await testProject([release]);
    const asked = await project.begin(release);
    await happens(project, asked);
    expect(await project.look(asked)).toMatchObject({
      state: "failed",
      tasks: {
        approve: { state: "failed" },
        "tell-no": { state: "succeeded" },
        "deploy-to-production": { state: "upstream_failed" },
      },
    });
  });
});

describe("the failure path", () => {
  const { loadPartner, onCall } = failureAlert;

  test("a failure is told to whoever is on duty, and the run has failed", async () => {
    await using project = await testProject([loadPartner, onCall]);
    const run = await project.run(loadPartner);
    expect(run).toMatchObject({
      state: "failed",
      tasks: { load: { state: "failed", attempts: 3 }, alert: { state: "succeeded" } },
    });
    expect((await project.runs(onCall)).map(({ result }) => result)).toEqual([[run.id]]);
  });

  test("an error that no retry can mend is not tried again", async () => {
    const { tasks } = await testPipeline(loadPartner, { params: { rows: -1 } });
    expect(tasks["load"]).toMatchObject({ state: "failed", attempts: 1 });
  });

  test("when all is well nobody is called", async () => {
    await using project = await testProject([loadPartner, onCall]);
    const { state, tasks } = await project.run(loadPartner, { params: { rows: 3 } });
    expect(state).toBe("succeeded");
    expect(tasks["alert"]).toMatchObject({ state: "skipped" });
    expect(await project.runs(onCall)).toEqual([]);
  });
});

describe("the support desk", () => {
  const everybody = Object.values(desk).filter((each) => "namespace" in each);

  test("a stale ticket is escalated, solved, and asked about a day later", async () => {
    await using project = await testProject(everybody);
    await project.publish(desk.created, {
      ...{ ticket: "T1", text: "It does not turn on" },
      ...{ patience: "4h", surveyAfter: "24h" },
    });
    await project.advance("4h");
    await project.advance("1m");
    const [ticket] = await project.runs(desk.handleTicket);
    expect(ticket).toMatchObject({
      state: "succeeded",
      result: { answer: "Have you tried both?", escalations: 1 },
    });
    expect(await project.runs(desk.survey)).toMatchObject([{ state: "running" }]);
    await project.advance("24h");
    expect(await project.runs(desk.survey)).toMatchObject([
      { state: "succeeded", result: { asked: "T1" } },
    ]);
  });

  test("an urgent ticket goes to the second level at once", async () => {
    await using project = await testProject(everybody);
    await project.run(desk.openTicket, { params: { ticket: "T2", text: "Smoke!" } });
    await project.advance("1m");
    expect(await project.runs(desk.handleTicket)).toMatchObject([
      {
        state: "succeeded",
        result: { escalations: 0 },
        tasks: { "assign-first": { state: "skipped" } },
      },
    ]);
  });
});

describe("the trial of the first page", () => {
  const customer = "acme";

  test.each([
    ["a contract in time is billed", true, "bill", "close"],
    ["two weeks of silence close it", false, "close", "bill"],
  ])("%s", async (_, isSigned, done, skipped) => {
    await using project = await testProject([trial]);
    await project.begin(trial, { params: { customer } });
    await project.publish(signed, { customer: "somebody else" });
    await project.advance("13d");
    if (isSigned) await project.publish(signed, { customer });
    else await project.advance("2d");
    expect(await project.runs(trial)).toMatchObject([
      {
        state: "succeeded",
        tasks: { [done]: { state: "succeeded" }, [skipped]: { state: "skipped" } },
      },
    ]);
  });
});

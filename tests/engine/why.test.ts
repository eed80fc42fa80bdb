import type {
  DatasetAnswer,
  FactStoryAnswer,
  PipelineAnswer,
  RunAnswer,
} from "@millrace/core/internal";
import { type Answer, type Asked, why } from "@millrace/postgres";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, failed, produced, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const a = datasetSpec("a", { partitions: DAY });
const b = datasetSpec("b", { partitions: DAY });
const out = datasetSpec("out", { partitions: DAY });
const datasets = declare(a, b, out);
const day = (date: string) => ({ date: `2026-03-${date}` });
const both = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;
const dayly = { partitions: DAY, datasets };
const makesB = pipelineSpec(
  "make-b",
  [taskSpec("t", { produces: { b: { type: "dataset", dataset: "default/b" } } })],
  dayly,
);
const report = pipelineSpec("report", [taskSpec("t")], {
  ...dayly,
  triggers: { both: updated(both) },
});
const single = pipelineSpec("single", [taskSpec("t")], {
  ...dayly,
  triggers: { a: updated(leg("a", ["date"])) },
});

test("the embedded database answers as the server does", async () => {
  const engine = await startEngine("embedded");
  await engine.register(single);
  await engine.update("a", day("01"));
  await engine.settle();
  const answer = await why(engine.database, { type: "update", id: 1 });
  expect(answer?.lines.at(-1)).toBe("  ✓ single (a): Started run_1.");
  await engine.close();
}, 60_000);

describe("why", () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine("server");
    await engine.setNow("2026-03-10T08:00:00Z");
  }, 60_000);
  afterEach(() => engine.close());

  async function ask<A extends Answer>(asked: Asked): Promise<A> {
    const answer = await why(engine.database, asked);
    if (answer === null) throw new Error("there is no such thing");
    return answer as A;
  }
  const pipeline = (name: string) =>
    ask<PipelineAnswer>({ type: "pipeline", pipeline: `default/${name}`, trigger: null });

  test("a run names the fact that completed it, and the others apart", async () => {
    await engine.register(report);
    for (const dataset of ["a", "a", "b"]) await engine.update(dataset, day("01"));
    await engine.settle();
    const answer = await ask<RunAnswer>({ type: "run", id: 1 });
    expect(answer.startedBy).toMatchObject({ id: "update_3", name: "default/b" });
    expect(answer.alsoIncluded.map(({ id }) => id)).toEqual(["update_1", "update_2"]);
    expect(answer.reason.code).toBe("started");
    expect(answer.missing).toEqual([]);
    expect(answer.condition).toMatchObject({
      type: "all",
      holds: true,
      of: [
        { name: "a", holds: true, note: "update_2 and 1 more from outside" },
        { name: "b", holds: true, note: "update_3 from outside" },
      ],
    });
    expect(answer.lines.slice(0, 3)).toEqual([
      "run_1  report  date=2026-03-01  succeeded",
      "Started by b date=2026-03-01 (update_3), from outside, 2026-03-10 08:00:00 UTC, now.",
      "Also included a date=2026-03-01 (update_1), 2026-03-10 08:00:00 UTC, now.",
    ]);
  });

  test("a run by hand is started by nobody's update", async () => {
    await engine.register(report);
    const id = await engine.start("report", day("01"));
    const answer = await ask<RunAnswer>({ type: "run", id });
    expect(answer).toMatchObject({ reason: { code: "manual" }, startedBy: null, condition: null });
  });

  test("a trigger says what it has, what it waits for, and whose failure is to blame", async () => {
    await engine.register(report, makesB);
    await engine.start("make-b", day("02"));
    await engine.settle({ t: () => failed() });
    await engine.update("a", day("02"));
    await engine.settle();
    await engine.setNow("2026-03-10T10:00:00Z");
    const answer = await pipeline("report");
    expect(answer.triggers).toMatchObject([
      {
        reason: "waiting_for",
        lastRun: null,
        groups: [{ partition: day("02"), missing: ["b"], since: "2026-03-10T08:00:00.000Z" }],
      },
    ]);
    expect(answer.next).toMatchObject({ command: "millrace show run_1" });
    expect(answer.lines).toEqual([
      "report has never run.",
      "",
      "Triggers (1) - Pipeline runs when ANY trigger fires",
      " 1 ○ both (datasets, never fired)",
      "     ALL of:",
      "       ✓ a  update_1 2026-03-10 08:00:00 UTC, 2h ago, from outside",
      "       ○ b  never there yet",
      "     date=2026-03-02: Waiting for 1 of 2: b.",
      "",
      expect.stringMatching(/^Most likely: make-b failed .* Try: {2}millrace show run_1$/),
    ]);
  });

  test("what an earlier run has used is said to be used", async () => {
    await engine.register(report);
    await engine.update("a", day("03"));
    await engine.update("b", day("03"));
    await engine.settle();
    const answer = await pipeline("report");
    expect(answer.lastRun).toBe("run_1");
    expect(answer.triggers[0]?.groups).toEqual([]);
    expect(answer.lines.join("\n")).toMatch(/○ b +update_2 .*already used by run_1/);
  });

  test("an update says what became of it at each trigger", async () => {
    const filter = { path: ["metadata", "rows"], op: "gt", value: 0 } as const;
    const picky = pipelineSpec("picky", [taskSpec("t")], {
      ...dayly,
      triggers: { big: updated(leg("a", ["date"], filter)) },
    });
    await engine.register(report, single, picky);
    await engine.update("a", day("04"), { rows: 0 });
    const before = await ask<FactStoryAnswer>({ type: "update", id: 1 });
    expect(before.reasons.map(({ code }) => code)).toEqual(["not_evaluated"]);
    await engine.settle();
    const answer = await ask<FactStoryAnswer>({ type: "update", id: 1 });
    const fates = answer.dispositions.map(({ pipeline: at, reason, run }) => [at, reason, run]);
    expect(fates).toHaveLength(3);
    expect(fates).toEqual(
      expect.arrayContaining([
        ["default/picky", "filtered", null],
        ["default/report", "waiting_for", null],
        ["default/single", "started", "run_1"],
      ]),
    );
    await engine.update("out", day("04"));
    await engine.settle();
    const unheard = await ask<FactStoryAnswer>({ type: "update", id: 2 });
    expect(unheard.reasons.map(({ code }) => code)).toEqual(["no_subscribers"]);
  });

  test("an update for a partition that the pipeline has not is a mismatch", async () => {
    const late = { date: { kind: "day", start: "2026-06-01", timezone: "UTC" } } as const;
    const young = pipelineSpec("young", [taskSpec("t")], {
      datasets,
      partitions: late,
      triggers: { a: updated(leg("a", ["date"])) },
    });
    await engine.register(young);
    await engine.update("a", day("05"));
    await engine.settle();
    const { dispositions } = await ask<FactStoryAnswer>({ type: "update", id: 1 });
    expect(dispositions.map(({ reason }) => reason)).toEqual(["partition_mismatch"]);
  });

  test("a paused pipeline keeps what comes, and says who paused it and what would start", async () => {
    await engine.register(single);
    const what = { pipeline: "default/single", trigger: null };
    expect(await engine.store.pause(what, "ana")).toMatchObject({ changed: true });
    expect(await engine.store.pause(what, "eve")).toMatchObject({ changed: false });
    await engine.update("a", day("06"));
    await engine.update("a", day("07"));
    await engine.settle();
    const [trigger] = (await pipeline("single")).triggers;
    expect(trigger).toMatchObject({
      reason: "pipeline_paused",
      sentence: "Paused by ana 2026-03-10 08:00:00 UTC, now; 1 kept, which would start 1 run.",
      next: { command: "millrace resume single --dry-run" },
    });
    const { dispositions } = await ask<FactStoryAnswer>({ type: "update", id: 1 });
    expect(dispositions).toMatchObject([{ reason: "pipeline_paused", run: null }]);
    expect(await engine.store.planResume(what)).toMatchObject({
      runs: 2,
      kept: 2,
      stillHeld: null,
    });
    expect(await engine.rows("select id from millrace.run")).toEqual([]);
    expect(await engine.store.resume(what)).toMatchObject({ changed: true });
    await engine.settle();
    expect(await engine.rows("select id from millrace.run")).toHaveLength(2);
    expect(await engine.store.planResume(what)).toMatchObject({ runs: 0, kept: 0 });
  });

  test("a paused trigger leaves the others alone, and is not resumed with its pipeline", async () => {
    const two = pipelineSpec("two", [taskSpec("t")], {
      ...dayly,
      triggers: { a: updated(leg("a", ["date"])), b: updated(leg("b", ["date"])) },
    });
    await engine.register(two);
    const trigger = { pipeline: "default/two", trigger: "a" };
    await engine.store.pause(trigger, "ana");
    await engine.update("a", day("08"));
    await engine.update("b", day("08"));
    await engine.settle();
    const { triggers } = await pipeline("two");
    expect(triggers.map(({ reason, lastRun }) => [reason, lastRun])).toEqual([
      ["trigger_disabled", null],
      ["waiting_for", "run_1"],
    ]);
    const whole = { pipeline: "default/two", trigger: null };
    expect(await engine.store.planResume(whole)).toMatchObject({ runs: 0 });
    await engine.store.pause(whole, null);
    expect(await engine.store.planResume(trigger)).toMatchObject({
      runs: 0,
      stillHeld: "pipeline_paused",
    });
    await engine.store.resume(whole);
    await engine.settle();
    expect(await engine.rows("select id from millrace.run")).toHaveLength(1);
    await engine.store.resume(trigger);
    await engine.settle();
    expect(await engine.rows("select id from millrace.run")).toHaveLength(2);
    await expect(
      engine.store.pause({ pipeline: "default/two", trigger: "c" }, null),
    ).rejects.toThrow("There is no trigger default/two/c");
  });

  test("a full pipeline names the run that holds its limit", async () => {
    await engine.register({ ...single, maxActiveRuns: 1 });
    await engine.update("a", day("08"));
    await engine.store.evaluate(await engine.store.listPending(0, 10));
    await engine.update("a", day("09"));
    await engine.store.evaluate(await engine.store.listPending(0, 10));
    const answer = await pipeline("single");
    expect(answer.lines[1]).toBe("1 of 1 run active (run_1).");
    expect(answer.triggers).toMatchObject([
      { reason: "limit_reached", next: { command: "millrace show run_1" } },
    ]);
    const { dispositions } = await ask<FactStoryAnswer>({ type: "update", id: 2 });
    expect(dispositions).toMatchObject([{ reason: "limit_reached" }]);
    const second = await engine.start("single", day("09"));
    await engine.setNow("2026-03-10T08:00:30Z");
    const queued = await ask<RunAnswer>({ type: "run", id: second });
    expect(queued.gates).toEqual([
      {
        code: "limit_reached",
        sentence: "Queued for 30s at the limit of 1 active run (run_1), position 1.",
      },
    ]);
  });

  test("a dataset says when it was updated last, of all its partitions, and what came of it", async () => {
    await engine.register(single, makesB);
    for (const date of ["09", "02"]) {
      await engine.update("a", day(date));
      await engine.settle();
    }
    const answer = await ask<DatasetAnswer>({ type: "dataset", dataset: "default/a" });
    expect(answer.latest?.id).toBe("update_2");
    expect(answer.lines.at(-1)).toBe("  ✓ single (a): Started run_2.");
    await engine.start("make-b", day("02"));
    const never = await ask<DatasetAnswer>({ type: "dataset", dataset: "default/b" });
    expect(never).toMatchObject({ latest: null, next: { command: "millrace show run_3" } });
    await engine.settle({ t: ({ run }) => produced("b", run.partition) });
    const made = await ask<DatasetAnswer>({ type: "dataset", dataset: "default/b" });
    expect(made.lines[0]).toMatch(/by make-b run_3 \(update_3\)\.$/);
  });

  test("what does not exist has no reason", async () => {
    await engine.register(single);
    const asked: readonly Asked[] = [
      { type: "run", id: 9 },
      { type: "event", id: 9 },
      { type: "dataset", dataset: "default/none" },
      { type: "pipeline", pipeline: "default/single", trigger: "none" },
    ];
    for (const each of asked) expect(await why(engine.database, each)).toBeNull();
  });
});
